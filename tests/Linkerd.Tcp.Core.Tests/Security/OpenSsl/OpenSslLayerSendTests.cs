using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

public sealed class OpenSslLayerSendTests
{
    private const int Record = 16 * 1024;

    public OpenSslLayerSendTests() => Assert.SkipUnless(OpenSslLibrary.Problem is null, "There is no libssl here.");

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public void Send_KernelTakesAnyPart_CountsWholeRecordsAndEncryptsOnce(TlsVersion version)
    {
        using var pair = new LayerPair(version);
        var text = LayerPair.Text((2 * Record) + 100);
        var whole = Sizes(pair, text);

        // Every place near the ends of records, and many between.
        var places = Enumerable.Range(0, whole.Total).Where(place => place % 997 == 0 || whole.Ends.Any(end => Math.Abs(end - place) < 40));
        foreach (var place in places)
        {
            pair.Socket.SendSize = length => Math.Min(length, place);
            var before = pair.Socket.Sent;
            Assert.Equal(TransportStatus.Ok, pair.Tested.Send(text, out var sent));
            Assert.Equal(Math.Min(text.Length, whole.Ends.Count(end => end <= place) * Record), sent);
            Assert.Equal(sent, pair.Socket.Sent - before);
            Assert.True(pair.Tested.Layer!.HasOutput);

            // Nothing more is taken: neither sent nor encrypted.
            pair.Socket.SendSize = static _ => 0;
            Assert.Equal(TransportStatus.Ok, pair.Tested.Send(text.AsSpan(sent), out var again));
            Assert.Equal(0, again);
            pair.Socket.SendSize = static length => length;
            Assert.Equal(TransportStatus.Ok, pair.Tested.Send(text.AsSpan(sent), out var rest));
            Assert.Equal(text.Length - sent, rest);
            Assert.Equal(text.Length, pair.Socket.Sent - before);
            Assert.False(pair.Tested.Layer.HasOutput);
            var records = pair.TakeSent();
            Assert.Equal(whole.Total, records.Length);
            Assert.Equal(text, pair.Peer.Decrypt(records, out var status));
            Assert.Equal(OpenSslStatus.NeedsInput, status);
        }
    }

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public void Send_KernelTakesOneByteEachTime_PeerGetsTheStream(TlsVersion version)
    {
        using var pair = new LayerPair(version);
        var text = LayerPair.Text(Record + 10);
        pair.Socket.SendSize = static _ => 1;
        var total = 0;
        while (total < text.Length)
        {
            Assert.Equal(TransportStatus.Ok, pair.Tested.Send(text.AsSpan(total), out var sent));
            total += sent;
            pair.Tested.Layer!.Flush();
        }

        Assert.Equal(text, pair.Peer.Decrypt(pair.TakeSent(), out _));
        Assert.Equal(text.Length, pair.Socket.Sent);
    }

    [Fact]
    public void Send_TicketsAreHeldBack_OneSendTakesBoth()
    {
        using var pair = new LayerPair(TlsVersion.Tls13, isHeldBack: true);
        Assert.False(pair.Tested.Layer!.HasOutput);
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(100), out var sent));
        Assert.Equal(100, sent);
        Assert.Equal(1, pair.Sends);
        Assert.Equal(LayerPair.Text(100), pair.Peer.Decrypt(pair.TakeSent(), out var status));
        Assert.Equal(OpenSslStatus.NeedsInput, status);
    }

    [Fact]
    public void Send_TicketsAreHeldBackAndTheKernelTakesAnyPart_PeerGetsTheStream()
    {
        for (var place = 0; place < 700; place += 7)
        {
            using var pair = new LayerPair(TlsVersion.Tls13, isHeldBack: true);
            pair.Socket.SendSize = length => Math.Min(length, place);
            Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(100), out var sent));
            pair.Socket.SendSize = static length => length;
            if (sent < 100)
            {
                Assert.Equal(0, sent);
                Assert.True(pair.Tested.Layer!.HasOutput);
                Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(100), out sent));
            }

            Assert.Equal(100, sent);
            Assert.Equal(LayerPair.Text(100), pair.Peer.Decrypt(pair.TakeSent(), out _));
        }
    }

    [Fact]
    public void EndSend_TicketsAreHeldBack_GoBeforeTheEnd()
    {
        using var pair = new LayerPair(TlsVersion.Tls13, isHeldBack: true);
        pair.Tested.Layer!.EndSend();
        Assert.Equal(1, pair.Sends);
        Assert.True(pair.Socket.IsLastSent);
        Assert.Empty(pair.Peer.Decrypt(pair.TakeSent(), out var status));
        Assert.Equal(OpenSslStatus.Closed, status);
    }

    [Fact]
    public void EndSend_NothingIsHeldBack_FinMayShareTheSegment()
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(100), out _));
        Assert.False(pair.Socket.IsLastSent);
        pair.Tested.Layer!.EndSend();
        Assert.True(pair.Socket.IsLastSent);
    }

    [Fact]
    public void Read_PeerAsksForAnAnswerWhileTicketsAreHeldBack_SendsBoth()
    {
        using var pair = new LayerPair(TlsVersion.Tls13, isHeldBack: true);
        pair.Socket.Arrive(pair.Peer.EncryptKeyUpdate(isRequest: true));
        Assert.Null(pair.Tested.Read(10, out _));
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(100), out _));
        Assert.Equal(LayerPair.Text(100), pair.Peer.Decrypt(pair.TakeSent(), out _));
    }

    [Fact]
    public void Send_FlushHasTakenAll_CountsThePlaintextThen()
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        pair.Socket.SendSize = static _ => 7;
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(100), out var sent));
        Assert.Equal(0, sent);
        pair.Socket.SendSize = static length => length;
        pair.Tested.Layer!.Flush();
        Assert.False(pair.Tested.Layer.HasOutput);
        Assert.Equal(0, pair.Socket.Sent);
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(100), out sent));
        Assert.Equal(100, sent);
        Assert.Equal(LayerPair.Text(100), pair.Peer.Decrypt(pair.TakeSent(), out _));
    }

    [Fact]
    public void Send_FlushHasFailed_FailsAndCountsNothing()
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        pair.Socket.SendSize = static _ => 7;
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(100), out _));
        pair.Socket.SendStatus = TransportStatus.Reset;
        pair.Tested.Layer!.Flush();
        Assert.False(pair.Tested.Layer.HasOutput);
        Assert.Equal(TransportStatus.Reset, pair.Tested.Send(LayerPair.Text(100), out var sent));
        Assert.Equal(0, sent);
        Assert.Equal(0, pair.Socket.Sent);
    }

    [Fact]
    public void Send_SocketHasFailed_ReturnsItsStatus()
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        pair.Socket.SendStatus = TransportStatus.TimedOut;
        Assert.Equal(TransportStatus.TimedOut, pair.Tested.Send(LayerPair.Text(100), out var sent));
        Assert.Equal(0, sent);
    }

    [Fact]
    public void Send_MessageOfThePeerHasComeInPart_WaitsForItsRest()
    {
        // The ticket has the client's certificate, and needs two records.
        using var pair = new LayerPair(TlsVersion.Tls13, isServer: false, isMutual: true);
        var ticket = pair.Peer.EncryptTicket();
        var first = 5 + (ticket[3] << 8) + ticket[4];
        Assert.True(first < ticket.Length);
        pair.Socket.Arrive(ticket.AsSpan(0, first));
        Assert.Null(pair.Tested.Read(10, out _));
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(10), out var sent));
        Assert.Equal(0, sent);
        Assert.Empty(pair.TakeSent());
        pair.Socket.Arrive(ticket.AsSpan(first));
        Assert.Null(pair.Tested.Read(10, out _));
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(10), out sent));
        Assert.Equal(10, sent);
        Assert.Equal(LayerPair.Text(10), pair.Peer.Decrypt(pair.TakeSent(), out _));
    }

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public void EndSend_RecordsAreLeft_CloseNotifyFollowsThem(TlsVersion version)
    {
        using var pair = new LayerPair(version);
        pair.Socket.SendSize = static _ => 9;
        var text = LayerPair.Text(50);
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(text, out _));
        pair.Tested.Layer!.EndSend();
        pair.Tested.Layer.EndSend();
        Assert.True(pair.Tested.Layer.HasOutput);
        while (pair.Tested.Layer.HasOutput)
        {
            pair.Tested.Layer.Flush();
        }

        Assert.Equal(text, pair.Peer.Decrypt(pair.TakeSent(), out var status));
        Assert.Equal(OpenSslStatus.Closed, status);
    }

    [Fact]
    public void EndSend_SocketTakesNothing_IsOutput()
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        pair.Socket.SendSize = static _ => 0;
        pair.Tested.Layer!.EndSend();
        Assert.True(pair.Tested.Layer.HasOutput);
        pair.Socket.SendSize = static length => length;
        pair.Tested.Layer.Flush();
        Assert.False(pair.Tested.Layer.HasOutput);
        Assert.Empty(pair.Peer.Decrypt(pair.TakeSent(), out var status));
        Assert.Equal(OpenSslStatus.Closed, status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EndSend_MessageOfThePeerHasComeInPart_FollowsItsRest(bool hasRest)
    {
        using var pair = new LayerPair(TlsVersion.Tls13, isServer: false, isMutual: true);
        var ticket = pair.Peer.EncryptTicket();
        var first = 5 + (ticket[3] << 8) + ticket[4];
        pair.Socket.Arrive(ticket.AsSpan(0, first));
        Assert.Null(pair.Tested.Read(10, out _));
        pair.Tested.Layer!.EndSend();
        pair.Tested.Layer.Flush();

        // The FIN waits.
        Assert.True(pair.Tested.Layer.HasOutput);
        Assert.Empty(pair.TakeSent());
        if (hasRest)
        {
            pair.Socket.Arrive(ticket.AsSpan(first));
            Assert.Null(pair.Tested.Read(10, out _));
            Assert.Empty(pair.Peer.Decrypt(pair.TakeSent(), out var status));
            Assert.Equal(OpenSslStatus.Closed, status);
        }
        else
        {
            pair.Socket.ArriveEnd(TransportStatus.Ok);
            Assert.Empty(pair.Tested.Read(10, out _)!);
            Assert.Empty(pair.TakeSent());
        }

        Assert.False(pair.Tested.Layer.HasOutput);
        Assert.Equal(1, pair.Socket.LaterFlushes);
    }

    [Fact]
    public void EndSend_PeerAsksForAnAnswerBehindIt_NothingIsSent()
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        pair.Tested.Layer!.EndSend();
        pair.Socket.IsFinSent = true;
        pair.Socket.Arrive(pair.Peer.EncryptKeyUpdate(isRequest: true));
        pair.Socket.Arrive(pair.Peer.Encrypt("late"u8));
        Assert.Equal("late"u8.ToArray(), pair.ReadAll().Data);
        Assert.Equal(0, pair.Socket.SendsBehindFin);
        Assert.False(pair.Tested.Layer.HasOutput);
    }

    private static (int Total, List<int> Ends) Sizes(LayerPair pair, byte[] text)
    {
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(text, out var sent));
        Assert.Equal(text.Length, sent);
        var records = pair.TakeSent();
        Assert.Equal(text, pair.Peer.Decrypt(records, out _));
        var ends = new List<int>();
        for (var at = 0; at < records.Length; ends.Add(at))
        {
            at += 5 + (records[at + 3] << 8) + records[at + 4];
        }

        Assert.Equal(3, ends.Count);
        return (records.Length, ends);
    }
}
