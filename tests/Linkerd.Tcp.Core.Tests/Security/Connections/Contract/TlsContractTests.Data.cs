using System.Text;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

public abstract partial class TlsContractTests
{
    /// <summary>The bytes that go each way at once. What is simulated is slower, and has smaller buffers.</summary>
    private protected virtual int Bulk => 64 << 20;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Handshake_SingleBytesAreReceived_SucceedsAndDataIsIntact(bool weServe) => RunAsync(async bed =>
    {
        TransportConnection ours;
        ForeignPeer foreign;
        if (weServe)
        {
            var attempt = await BeginServeAsync(bed, maxReceive: 1);
            await attempt.Foreign.Tls.AuthenticateAsClientAsync(ForeignClient(client => client.TargetHost = "rsa.test"), Cancelled);
            Assert.Equal(TlsMaterial.SubjectOf("rsa"), attempt.Foreign.Tls.RemoteCertificate!.Subject);
            (ours, foreign) = ((await attempt.Result).Connection!, attempt.Foreign);
        }
        else
        {
            var attempt = await BeginConnectAsync(bed, maxReceive: 1);
            await attempt.Foreign.Tls.AuthenticateAsServerAsync(ForeignServer(), Cancelled);
            (ours, foreign) = ((await attempt.Result).Connection!, attempt.Foreign);
        }

        bed.Own(ours);
        var pattern = ConnectionExtensions.Pattern(3000);
        var writing = foreign.Tls.WriteAsync(pattern).AsTask();
        ConnectionExtensions.AssertSame(pattern, await ours.ReadAsync(pattern.Length));
        await writing;
        await PingAsync(ours, foreign);
    });

    [Fact]
    public Task Handshake_FinishedAndDataInOneSegment_DataArrives() => RunAsync(async bed =>
    {
        var (ours, client) = await HandMadeAsync(bed, early: "early"u8.ToArray());
        Assert.Equal("early", await ours.ReadTextAsync(5));
        await ours.SendTextAsync("answer");
        Assert.Equal("answer", await client.ReadTextAsync(6));
    });

    [Fact]
    public Task Handshake_ServersFinishedAndDataInOneSegment_DataArrives() => RunAsync(async bed =>
    {
        // With TLS 1.3 the tickets are in it, too.
        var attempt = await BeginConnectAsync(bed);
        var foreign = attempt.Foreign;
        var serving = foreign.Tls.AuthenticateAsServerAsync(ForeignServer(), Cancelled);
        await bed.UntilAsync(() => foreign.Wire.Received.Length > 0);
        foreign.Wire.Hold();
        while (!serving.IsCompleted)
        {
            await bed.PauseAsync();
            if (!serving.IsCompleted && foreign.Wire.HeldLength > 0)
            {
                await foreign.Wire.ReleaseAsync();
                foreign.Wire.Hold();
            }
        }

        await serving;
        await foreign.SendTextAsync("hello");
        await foreign.Wire.ReleaseAsync();
        var result = await attempt.Result;
        Assert.True(result.IsConnected, result.Detail);
        Assert.Equal("hello", await bed.Own(result.Connection).ReadTextAsync(5));
        await PingAsync(result.Connection, foreign);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Receive_ManySmallRecordsInOneSegment_AreIntact(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe);
        var pattern = ConnectionExtensions.Pattern(1500);
        foreign.Wire.Hold();
        for (var i = 0; i < pattern.Length; i++)
        {
            await foreign.Tls.WriteAsync(pattern.AsMemory(i, 1));
        }

        var releasing = foreign.Wire.ReleaseAsync();
        ConnectionExtensions.AssertSame(pattern, await ours.ReadAsync(pattern.Length));
        await releasing;
        await PingAsync(ours, foreign);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Receive_OneRecordInManySegments_IsIntact(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign, below) = await SessionAsync(bed, weServe);
        var pattern = ConnectionExtensions.Pattern(16 * 1024);
        (below as TapConnection)?.MaxReceive = 100;
        foreign.Wire.MaxSend = 100;
        var writing = foreign.Tls.WriteAsync(pattern).AsTask();
        ConnectionExtensions.AssertSame(pattern, await ours.ReadAsync(pattern.Length));
        await writing;
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Copy_BulkBothWaysWithStalls_IsIntact(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe);
        var pattern = ConnectionExtensions.Pattern(1 << 20);
        await Task.WhenAll(WriteForeignAsync(), SendAsync(), ReadForeignAsync(), ReceiveAsync());
        ours.ShutdownSend();
        var (data, isCloseNotify) = await foreign.ReadToEndAsync();
        Assert.Equal((0, true), (data.Length, isCloseNotify));
        Assert.Equal(((long)Bulk, (long)Bulk), (ours.BytesReceived, ours.BytesSent));

        async Task WriteForeignAsync()
        {
            for (var sent = 0; sent < Bulk; sent += pattern.Length)
            {
                await foreign.Tls.WriteAsync(pattern);
            }
        }

        async Task SendAsync()
        {
            for (var (sent, piece) = (0, 1); sent < Bulk; sent += piece)
            {
                // Pieces of all sizes, that end where the pattern does.
                var at = sent % pattern.Length;
                piece = Math.Min(((piece * 7) % 200_003) + 1, pattern.Length - at);
                await ours.SendAllAsync(pattern.AsMemory(at, piece));
            }
        }

        async Task ReadForeignAsync()
        {
            var buffer = new byte[100_000];
            for (var (read, stall) = (0, 0); read < Bulk;)
            {
                var count = await foreign.Tls.ReadAsync(buffer);
                Assert.NotEqual(0, count);
                AssertPattern(pattern, read, buffer.AsSpan(0, count));
                read += count;
                if (++stall % 256 == 0)
                {
                    await bed.PauseAsync();
                }
            }
        }

        async Task ReceiveAsync()
        {
            for (var (read, stall) = (0, 0); read < Bulk;)
            {
                var received = await ours.ReceiveAsync();
                Assert.False(received.Data.IsEmpty, $"{received.Status} after {read} bytes");
                AssertPattern(pattern, read, received.Data.Span);
                read += received.Data.Length;
                ours.Advance(received.Data.Length);
                if (++stall % 256 == 0)
                {
                    await bed.PauseAsync();
                }
            }
        }
    });

    [Fact]
    public Task Receive_EmptyRecords_AreNothing() => RunAsync(async bed =>
    {
        var (ours, client) = await HandMadeAsync(bed);
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 30; i++)
            {
                await client.SendAsync(HandMadeClient.Data, []);
            }

            await client.SendTextAsync("data");
            Assert.Equal("data", await ours.ReadTextAsync(4));
        }

        await client.SendAsync(HandMadeClient.Data, []);
        await client.SendAsync(HandMadeClient.Alert, [1, 0]);
        await ours.ExpectFinAsync();
    });

    [Fact]
    public Task Receive_NothingButEmptyRecords_Ends() => RunAsync(async bed =>
    {
        // They cost the sender nothing, and would keep a loop busy.
        var (ours, client) = await HandMadeAsync(bed);
        var sending = client.Raw.TrySendAsync(Enumerable.Range(0, 1000).SelectMany(_ => client.Seal(HandMadeClient.Data, [])).ToArray());
        Assert.Equal(TransportStatus.Reset, (await ours.ReceiveAsync()).Status);

        // Small buffers do not hold all of it.
        await ours.DisposeAsync();
        await sending;
    });

    [Fact]
    public Task Receive_KeyUpdates_DataGoesOnBothWays() => RunAsync(async bed =>
    {
        var (ours, client) = await HandMadeAsync(bed);
        if (!IsTls13)
        {
            // TLS 1.2 has no such message.
            await client.Raw.SendAllAsync(client.SealKeyUpdate(wantsAnswer: true));
            Assert.Equal(TransportStatus.Reset, (await ours.ReceiveAsync()).Status);
            return;
        }

        var pattern = Encoding.ASCII.GetBytes(new string('p', 150_000));
        for (var round = 1; round <= 5; round++)
        {
            await client.Raw.SendAllAsync(client.SealKeyUpdate(wantsAnswer: true));
            await client.Raw.SendAllAsync(client.SealKeyUpdate(wantsAnswer: false));
            await client.SendTextAsync("new keys");
            Assert.Equal("new keys", await ours.ReadTextAsync(8));
            var sending = ours.TrySendAsync(pattern);
            Assert.Equal(pattern.Length, (await client.ReadTextAsync(pattern.Length)).Length);
            Assert.Equal(TransportStatus.Ok, await sending);
            Assert.Equal(round, client.KeyUpdates);
        }
    });

    [Fact]
    public Task Receive_NothingButKeyUpdates_EndsOrGoesOn() => RunAsync(async bed =>
    {
        var (ours, client) = await HandMadeAsync(bed);
        var sending = client.Raw.TrySendAsync((byte[])[.. Enumerable.Range(0, 1000).SelectMany(_ => client.SealKeyUpdate(wantsAnswer: true)), .. client.Seal(HandMadeClient.Data, "data"u8.ToArray())]);
        var received = await ours.ReceiveAsync();
        Assert.True(received.Status == TransportStatus.Reset || received.Data.Length == 4, $"{received.Status}, {received.Data.Length} bytes");
        TestContext.Current.TestOutputHelper?.WriteLine($"{received.Status}, {received.Data.Length} bytes");

        // Small buffers do not hold all of it.
        await ours.DisposeAsync();
        await sending;
    });

    [Fact]
    public Task Receive_RecordsWithPadding_AreIntact() => RunAsync(async bed =>
    {
        var (ours, client) = await HandMadeAsync(bed);
        await client.Raw.SendAllAsync(client.Seal(HandMadeClient.Data, "padded"u8.ToArray(), padding: 10_000));
        Assert.Equal("padded", await ours.ReadTextAsync(6));
    });

    [Fact]
    public Task ShutdownSend_Peer_GetsTheAlertCloseNotify() => RunAsync(async bed =>
    {
        var (ours, client) = await HandMadeAsync(bed);
        ours.ShutdownSend();
        var (type, alert) = await client.ReceiveAsync();
        Assert.Equal((HandMadeClient.Alert, 1, 0), (type, alert[0], alert[1]));
        Assert.Equal(0, (await client.ReceiveAsync()).Type);
        await client.Raw.ExpectFinAsync();
    });

    [Theory]
    [InlineData(2, 40)]
    [InlineData(2, 0x50)]
    public Task Receive_FatalAlert_IsAReset(byte level, byte alert) => RunAsync(async bed =>
    {
        var (ours, client) = await HandMadeAsync(bed, truncation: TlsTruncation.Fin);
        await client.SendTextAsync("before");
        Assert.Equal("before", await ours.ReadTextAsync(6));
        await client.SendAsync(HandMadeClient.Alert, [level, alert]);
        client.Raw.ShutdownSend();
        Assert.Equal(TransportStatus.Reset, (await ours.ReceiveAsync()).Status);
        Assert.True(ours.IsReset);
    });

    [Fact]
    public Task Receive_WarningUserCanceledThenCloseNotify_IsTheFin() => RunAsync(async bed =>
    {
        var (ours, client) = await HandMadeAsync(bed);
        await client.SendAsync(HandMadeClient.Alert, [1, 90]);
        await client.SendAsync(HandMadeClient.Alert, [1, 0]);
        await ours.ExpectFinAsync();
    });

    [Fact]
    public Task Receive_Renegotiation_IsRefused() => RunAsync(async bed =>
    {
        var (ours, client) = await HandMadeAsync(bed);
        await client.Raw.SendAllAsync(client.MakeHello());
        if (IsTls13 || !KeepsSessionAtRenegotiation)
        {
            Assert.Equal(TransportStatus.Reset, (await ours.ReceiveAsync()).Status);
            return;
        }

        // By an alert that is a warning (RFC 5246, section 7.2.2), and the session goes on.
        await client.SendTextAsync("goes on");
        Assert.Equal("goes on", await ours.ReadTextAsync(7));
        Assert.Equal(HandMadeClient.Alert, (await client.Raw.ReadAsync(1))[0]);
    });

    [Fact]
    public Task Accept_DataInsteadOfAFinished_IsRefusedWithAnAlert() => RunAsync(async bed =>
    {
        var (connected, accepted) = await bed.PairAsync();
        var accepting = AcceptAsync(accepted);
        var client = new HandMadeClient(connected, IsTls13);
        await connected.SendAllAsync((byte[])[.. client.MakeHello(), .. client.Seal(HandMadeClient.Data, "too early"u8.ToArray())]);
        var result = await accepting;
        Assert.Equal(TlsFailure.Protocol, result.Failure);
        Assert.Null(await ForeignConnection.CloseAsync(accepted));
        var (bytes, end) = await connected.ReadToEndAsync();
        Assert.Equal(TransportStatus.Ok, end);

        // In plaintext with TLS 1.2, and encrypted with TLS 1.3, at the end of the server's flight.
        Assert.True(IsTls13 ? bytes[^24] == HandMadeClient.Data : bytes[^7] == HandMadeClient.Alert, Convert.ToHexString(bytes[^Math.Min(64, bytes.Length)..]));
    });

    /// <summary>A session with a client that was made by hand.</summary>
    private async Task<(TransportConnection Ours, HandMadeClient Client)> HandMadeAsync(TransportBed bed, byte[]? early = null, TlsTruncation truncation = TlsTruncation.Pass)
    {
        var (connected, accepted) = await bed.PairAsync();
        var accepting = AcceptAsync(accepted, options => options.Truncation = truncation);
        var client = new HandMadeClient(connected, IsTls13);
        var error = await Record.ExceptionAsync(() => client.HandshakeAsync(early));
        Assert.True(error is null, $"The client that was made by hand: {error}");
        var result = await accepting;
        Assert.True(result.Connection is not null, result.Detail);
        return (bed.Own(result.Connection), client);
    }

    private static void AssertPattern(byte[] pattern, int position, ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var at = position % pattern.Length;
            var length = Math.Min(data.Length, pattern.Length - at);
            Assert.True(data[..length].SequenceEqual(pattern.AsSpan(at, length)), $"Another byte after {position}.");
            position += length;
            data = data[length..];
        }
    }
}
