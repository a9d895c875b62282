using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

public sealed class OpenSslLayerReadTests
{
    private const int Record = 16 * 1024;

    public OpenSslLayerReadTests() => Assert.SkipUnless(OpenSslLibrary.Problem is null, "There is no libssl here.");

    public static TheoryData<TlsVersion, bool> Sides => new() { { TlsVersion.Tls12, true }, { TlsVersion.Tls12, false }, { TlsVersion.Tls13, true }, { TlsVersion.Tls13, false } };

    [Theory]
    [InlineData(TlsVersion.Tls12, 1)]
    [InlineData(TlsVersion.Tls13, 1)]
    [InlineData(TlsVersion.Tls12, 4096)]
    [InlineData(TlsVersion.Tls13, 4096)]
    [InlineData(TlsVersion.Tls13, 64 * 1024)]
    public void TryRead_BufferOfAnySize_ReturnsTheStream(TlsVersion version, int size)
    {
        using var pair = new LayerPair(version);
        var text = LayerPair.Text((2 * Record) + 7);
        for (var at = 0; at < text.Length; at += Record)
        {
            pair.Socket.Arrive(pair.Peer.Encrypt(text.AsSpan(at, Math.Min(Record, text.Length - at))));
        }

        var (read, end) = pair.ReadAll(size);
        Assert.Equal(text, read);
        Assert.Null(end);
        Assert.Equal(text.Length, pair.Socket.Received);
        Assert.False(pair.Tested.Layer!.HasInput);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void TryRead_BytesArriveOneByOne_ReturnsTheStream(TlsVersion version, bool isServer)
    {
        using var pair = new LayerPair(version, isServer);
        var text = LayerPair.Text(300);
        var read = new List<byte>();
        foreach (var value in pair.Peer.Encrypt(text).Concat(pair.Peer.EncryptCloseNotify()))
        {
            pair.Socket.Arrive([value]);
            var (data, end) = pair.ReadAll(100);
            read.AddRange(data);
            Assert.Equal(pair.Socket.HasReadEnded ? TransportStatus.Ok : null, end);
        }

        Assert.Equal(text, read);
        Assert.True(pair.Socket.HasReadEnded);
    }

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public void TryRead_HandshakeHasReceivedMore_ItComesFirst(TlsVersion version)
    {
        using var pair = new LayerPair(version);
        var first = pair.Peer.Encrypt("first"u8);
        pair.Tested.ReplaceLayer(first);
        Assert.True(pair.Tested.Layer!.HasInput);
        pair.Socket.Arrive(pair.Peer.Encrypt("then"u8));
        Assert.Equal("firstthen"u8.ToArray(), pair.ReadAll().Data);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void TryRead_CloseNotifyBehindDataInOneReceive_BothAreReturned(TlsVersion version, bool isServer)
    {
        using var pair = new LayerPair(version, isServer);
        pair.Socket.Arrive([.. pair.Peer.Encrypt("last"u8), .. pair.Peer.EncryptCloseNotify()]);
        Assert.Equal("last"u8.ToArray(), pair.Tested.Read(100, out _));
        Assert.True(pair.Tested.Layer!.HasInput);
        Assert.Empty(pair.Tested.Read(100, out var end)!);
        Assert.Equal(TransportStatus.Ok, end);
        Assert.False(pair.Tested.Layer.WasTruncated);

        // The other direction goes on.
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send("answer"u8, out var sent));
        Assert.Equal(6, sent);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void TryRead_BytesBehindCloseNotify_AreNotReturned(TlsVersion version, bool isServer)
    {
        using var pair = new LayerPair(version, isServer);
        pair.Socket.Arrive([.. pair.Peer.EncryptCloseNotify(), 0x17, 3, 3, 0, 2, 1, 2, .. "GET /"u8]);
        var (read, end) = pair.ReadAll();
        Assert.Equal((0, TransportStatus.Ok), (read.Length, end));
    }

    [Theory]
    [InlineData(TlsTruncation.Fin, TransportStatus.Ok, 0)]
    [InlineData(TlsTruncation.Fin, TransportStatus.Ok, 9)]
    [InlineData(TlsTruncation.Reset, TransportStatus.Reset, 0)]
    [InlineData(TlsTruncation.Reset, TransportStatus.Reset, 9)]
    [InlineData(TlsTruncation.Pass, TransportStatus.Truncated, 0)]
    [InlineData(TlsTruncation.Pass, TransportStatus.Truncated, 9)]
    public void TryRead_FinWithoutCloseNotify_EndsByTheOption(TlsTruncation truncation, TransportStatus expected, int ofNextRecord)
    {
        foreach (var version in new[] { TlsVersion.Tls12, TlsVersion.Tls13 })
        {
            using var pair = new LayerPair(version, truncation: truncation);
            pair.Socket.Arrive([.. pair.Peer.Encrypt("whole"u8), .. pair.Peer.Encrypt("part"u8)[..ofNextRecord]]);
            pair.Socket.ArriveEnd(TransportStatus.Ok);
            var (read, end) = pair.ReadAll();
            Assert.Equal("whole"u8.ToArray(), read);
            Assert.Equal(expected, end);
            Assert.True(pair.Tested.Layer!.WasTruncated);
        }
    }

    [Fact]
    public void TryRead_Reset_IsNoTruncation()
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        pair.Socket.Arrive(pair.Peer.Encrypt("whole"u8));
        pair.Socket.ArriveEnd(TransportStatus.Reset);
        var (read, end) = pair.ReadAll();
        Assert.Equal("whole"u8.ToArray(), read);
        Assert.Equal(TransportStatus.Reset, end);
        Assert.False(pair.Tested.Layer!.WasTruncated);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void TryRead_RecordThatWasChanged_IsResetBehindAnAlert(TlsVersion version, bool isServer)
    {
        using var pair = new LayerPair(version, isServer);
        var changed = pair.Peer.Encrypt("changed"u8);
        changed[^1] ^= 1;
        pair.Socket.Arrive(changed);
        var (read, end) = pair.ReadAll();
        Assert.Equal((0, TransportStatus.Reset), (read.Length, end));
        Assert.True(pair.Socket.IsReset);
        Assert.Equal(0u, LibSsl.ERR_peek_error());
        Assert.Empty(pair.Peer.Decrypt(pair.TakeSent(), out var status));
        Assert.Equal(OpenSslStatus.Failed, status);
        Assert.Contains("alert bad record mac", pair.Peer.Session.Error, StringComparison.Ordinal);

        // No call reaches an SSL any more: there is none.
        pair.Tested.Session.Dispose();
        Assert.Equal(TransportStatus.Reset, pair.Tested.Send("x"u8, out _));
        pair.Tested.Layer!.EndSend();
        pair.Tested.Layer.Flush();
        Assert.Empty(pair.TakeSent());
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void TryRead_GarbageBehindData_DataComesFirst(TlsVersion version, bool isServer)
    {
        using var pair = new LayerPair(version, isServer);
        pair.Socket.Arrive([.. pair.Peer.Encrypt("good"u8), .. "GET / HTTP/1.1\r\n"u8]);
        Assert.Equal("good"u8.ToArray(), pair.Tested.Read(100, out _));
        Assert.True(pair.Tested.Layer!.HasInput);
        Assert.Equal(0u, LibSsl.ERR_peek_error());
        pair.Tested.Session.Dispose();
        Assert.Empty(pair.Tested.Read(100, out var end)!);
        Assert.Equal(TransportStatus.Reset, end);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryRead_KeyUpdate_BothDirectionsGoOn(bool isRequest)
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        pair.Socket.Arrive(pair.Peer.EncryptKeyUpdate(isRequest));
        pair.Socket.Arrive(pair.Peer.Encrypt("new key"u8));
        Assert.Equal("new key"u8.ToArray(), pair.ReadAll().Data);
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send("answer"u8, out _));
        var sent = pair.TakeSent();
        Assert.Equal(isRequest, sent.Length > 5 + (sent[3] << 8) + sent[4]);
        Assert.Equal("answer"u8.ToArray(), pair.Peer.Decrypt(sent, out _));
        Assert.Equal((7, 6), (pair.Socket.Received, pair.Socket.Sent));
    }

    [Fact]
    public void TryRead_KeyUpdateWhileRecordsAreLeft_AnswerFollowsThem()
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        pair.Socket.SendSize = static _ => 3;
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send("before"u8, out var sent));
        Assert.Equal(0, sent);
        pair.Socket.Arrive(pair.Peer.EncryptKeyUpdate(isRequest: true));
        Assert.Null(pair.Tested.Read(10, out _));
        pair.Socket.SendSize = static length => length;
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send("before"u8, out sent));
        Assert.Equal(6, sent);
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(" after"u8, out _));
        Assert.Equal("before after"u8.ToArray(), pair.Peer.Decrypt(pair.TakeSent(), out _));
    }

    [Fact]
    public void TryRead_RequestsWithoutEndOfAPeerThatReadsNothing_IsResetWithinBounds()
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        pair.Socket.SendSize = static _ => 0;
        TransportStatus? end = null;
        for (var requests = 0; end is null; requests++)
        {
            Assert.True(requests < 20_000, "It goes on.");
            pair.Socket.Arrive(pair.Peer.EncryptKeyUpdate(isRequest: true));
            end = pair.ReadAll().End;
        }

        Assert.Equal(TransportStatus.Reset, end);
        pair.Socket.SendSize = static length => length;
        pair.Tested.Layer!.Flush();
        Assert.InRange(pair.TakeSent().Length, 1, (256 + 96) * 1024);
    }

    [Fact]
    public void TryRead_MessagesWithoutDataWithoutEnd_OthersHaveTheirTurn()
    {
        using var pair = new LayerPair(TlsVersion.Tls13);
        var updates = Enumerable.Range(0, 12_000).SelectMany(_ => pair.Peer.EncryptKeyUpdate(isRequest: false)).ToArray();
        Assert.True(updates.Length > 256 * 1024);
        pair.Socket.Arrive([.. updates, .. pair.Peer.Encrypt("data"u8)]);
        Assert.Null(pair.Tested.Read(100, out _));
        Assert.Equal(1, pair.Socket.LaterReads);
        Assert.InRange(pair.Socket.Available, 1, updates.Length - 1);
        Assert.Equal("data"u8.ToArray(), pair.ReadAll().Data);
    }

    [Theory]
    [MemberData(nameof(Sides))]
    public void Close_AtAnyTime_FreesTheSession(TlsVersion version, bool isServer)
    {
        using var pair = new LayerPair(version, isServer);
        pair.Socket.SendSize = static _ => 3;
        Assert.Equal(TransportStatus.Ok, pair.Tested.Send(LayerPair.Text(100), out _));
        pair.Socket.Arrive(pair.Peer.Encrypt(LayerPair.Text(100)));
        Assert.Equal(10, pair.Tested.Read(10, out _)!.Length);
        pair.Tested.Layer!.Close();
        pair.Tested.Layer.Close();
        Assert.False(pair.Tested.Layer.HasOutput);
    }
}
