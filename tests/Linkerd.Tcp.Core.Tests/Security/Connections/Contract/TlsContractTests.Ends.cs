using System.Text;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

public abstract partial class TlsContractTests
{
    public static TheoryData<bool, TlsTruncation, TransportStatus> Cuts { get; } = new()
    {
        { true, TlsTruncation.Pass, TransportStatus.Truncated },
        { true, TlsTruncation.Fin, TransportStatus.Ok },
        { true, TlsTruncation.Reset, TransportStatus.Reset },
        { false, TlsTruncation.Pass, TransportStatus.Truncated },
        { false, TlsTruncation.Fin, TransportStatus.Ok },
        { false, TlsTruncation.Reset, TransportStatus.Reset },
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task ShutdownSend_Peer_ReadsCloseNotifyThenTheFin(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe);
        await ours.SendTextAsync("all of it");
        ours.ShutdownSend();
        ours.ShutdownSend();
        var (data, isCloseNotify) = await foreign.ReadToEndAsync();
        Assert.Equal(("all of it", true), (Encoding.ASCII.GetString(data), isCloseNotify));
        Assert.Equal(TransportStatus.Ok, await foreign.ReadEndOfTcpAsync());
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task ShutdownSend_PeerAnswersLate_AnswerAndItsEndArrive(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe);
        await ours.SendTextAsync("question");
        ours.ShutdownSend();
        Assert.Equal("question", await foreign.ReadTextAsync(100));
        await bed.PauseAsync();
        await foreign.SendTextAsync("late answer");
        await foreign.Tls.ShutdownAsync();
        var (data, end) = await ours.ReadToEndAsync();
        Assert.Equal(("late answer", TransportStatus.Ok), (Encoding.ASCII.GetString(data), end));
        Assert.False(ours.IsReset);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Receive_CloseNotifyWithoutFin_IsTheFinAndTheOtherWayGoesOn(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe);
        await foreign.SendTextAsync("whole");
        await foreign.Tls.ShutdownAsync();
        var (data, end) = await ours.ReadToEndAsync();
        Assert.Equal(("whole", TransportStatus.Ok), (Encoding.ASCII.GetString(data), end));
        await ours.ExpectFinAsync();
        Assert.Equal((true, false), (ours.HasPeerClosed, ours.IsReset));
        await ours.SendTextAsync("still open");
        Assert.Equal("still open", await foreign.ReadTextAsync(10));
        ours.ShutdownSend();
        var (rest, isCloseNotify) = await foreign.ReadToEndAsync();
        Assert.Equal((0, true), (rest.Length, isCloseNotify));
    });

    [Theory]
    [MemberData(nameof(Cuts))]
    public Task Receive_FinWithoutCloseNotify_IsACutByTheOption(bool weServe, TlsTruncation truncation, TransportStatus expected) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe, truncation);
        await foreign.SendTextAsync("a part");
        foreign.Raw.ShutdownSend();
        var (data, end) = await ours.ReadToEndAsync();
        Assert.Equal(("a part", expected), (Encoding.ASCII.GetString(data), end));
        Assert.Equal(expected, (await ours.ReceiveAsync()).Status);
        Assert.Equal((true, expected == TransportStatus.Reset), (ours.HasPeerClosed, ours.IsReset));
    });

    [Theory]
    [MemberData(nameof(Cuts))]
    public Task Receive_FinInsideARecord_IsACutByTheOption(bool weServe, TlsTruncation truncation, TransportStatus expected) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe, truncation);
        await foreign.SendTextAsync("a part");
        foreign.Wire.Hold();
        await foreign.SendTextAsync("that is cut");
        await foreign.Raw.SendAllAsync(foreign.Wire.TakeHeld().AsMemory()[..^3]);
        foreign.Raw.ShutdownSend();
        var (data, end) = await ours.ReadToEndAsync();
        Assert.Equal(("a part", expected), (Encoding.ASCII.GetString(data), end));
        Assert.Equal(expected, (await ours.ReceiveAsync()).Status);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Receive_FinWithoutCloseNotify_TheOtherWayGoesOn(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe);
        foreign.Raw.ShutdownSend();
        Assert.Equal(TransportStatus.Truncated, (await ours.ReceiveAsync()).Status);
        await ours.SendTextAsync("late answer");
        ours.ShutdownSend();
        var (data, isCloseNotify) = await foreign.ReadToEndAsync();
        Assert.Equal(("late answer", true), (Encoding.ASCII.GetString(data), isCloseNotify));
    });

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public Task Receive_ResetAfterData_DataThenReset(bool weServe, bool isReading) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe, TlsTruncation.Fin);
        var reading = isReading ? ours.ReadToEndAsync() : null;
        await foreign.SendTextAsync("before");
        Assert.True(await foreign.Raw.FlushToPeerAsync());
        foreign.Raw.Abort();
        reading ??= ours.ReadToEndAsync();
        var (data, end) = await reading;
        Assert.Equal(("before", TransportStatus.Reset), (Encoding.ASCII.GetString(data), end));
        Assert.Equal((true, true), (ours.HasPeerClosed, ours.IsReset));
        Assert.Equal(TransportStatus.Reset, await ours.TrySendAsync(new byte[1]));
        Assert.Equal(TransportStatus.Reset, (await ours.ReceiveAsync()).Status);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Receive_CloseNotifyThenReset_IsTheFin(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe);
        await foreign.SendTextAsync("whole");
        await foreign.Tls.ShutdownAsync();
        Assert.True(await foreign.Raw.FlushToPeerAsync());
        foreign.Raw.Abort();
        var (data, end) = await ours.ReadToEndAsync();
        Assert.Equal(("whole", TransportStatus.Ok), (Encoding.ASCII.GetString(data), end));
        await ours.ExpectFinAsync();
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Send_PeerHasReset_IsReset(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe);
        var sending = ours.TrySendAsync(new byte[bed.MoreThanFits]);
        await bed.UntilStuckAsync(ours);
        foreign.Raw.Abort();
        Assert.Equal(TransportStatus.Reset, await sending);
        Assert.Equal(TransportStatus.Reset, (await ours.ReceiveAsync()).Status);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Receive_RecordThatWasChanged_IsResetAndEndsBothWays(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe, TlsTruncation.Fin);
        await foreign.SendTextAsync("good");
        Assert.Equal("good", await ours.ReadTextAsync(4));
        foreign.Wire.Hold();
        await foreign.SendTextAsync("evil");
        var record = foreign.Wire.TakeHeld();
        record[^1] ^= 1;
        await foreign.Raw.SendAllAsync(record);
        var (data, end) = await ours.ReadToEndAsync();
        Assert.Equal(("", TransportStatus.Reset), (Encoding.ASCII.GetString(data), end));
        Assert.Equal(TransportStatus.Reset, await ours.TrySendAsync(new byte[1]));
        Assert.True(ours.IsReset);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Abort_Peer_ReadsNoAlertAndAReset(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign) = await SessionAsync(bed, weServe);
        await ours.SendTextAsync("before");
        Assert.True(await ours.FlushToPeerAsync());
        ours.Abort();
        Assert.Equal("before", await foreign.ReadTextAsync(6));
        var received = foreign.Wire.Received.Length;
        Assert.Equal(TransportStatus.Reset, await foreign.ReadEndOfTcpAsync());
        Assert.Equal(received, foreign.Wire.Received.Length);
        Assert.Equal(TransportStatus.Aborted, (await ours.ReceiveAsync()).Status);
        await ours.DisposeAsync();
    });

    [Theory]
    [InlineData("http", "HTTP")]
    [InlineData("ssl2", "SSL 2.0")]
    [InlineData("text", "text")]
    [InlineData("binary", "not TLS")]
    [InlineData("record of rubbish", "type 255; expected 1, a ClientHello")]
    [InlineData("alert", "record of type 21")]
    public Task Accept_NotAClientHello_IsRefusedInWordsWithAnAlertOrAFin(string kind, string words) => RunAsync(async bed =>
    {
        var attempt = await BeginServeAsync(bed);
        await attempt.Foreign.Raw.SendAllAsync(kind switch
        {
            "http" => "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"u8.ToArray(),
            "ssl2" => [0x80, 0x2E, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10, .. new byte[37]],
            "text" => "SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray(),
            "binary" => [0, 0, 0, 8, 1, 2, 3, 4],
            "alert" => [21, 3, 3, 0, 2, 2, 40],
            _ => [22, 3, 1, 0, 4, 0xFF, 0, 0, 0],
        });
        var result = await attempt.Result;
        Assert.Equal((TlsFailure.Protocol, (TransportConnection?)null), (result.Failure, result.Connection));

        // What comes in pieces is judged by the first.
        Assert.Contains(bed is SocketBed ? words : "expected", result.Detail, StringComparison.Ordinal);
        Assert.Null(await ForeignConnection.ResetAsync(attempt.Below));
        Assert.Equal(TransportStatus.Ok, await attempt.Foreign.ReadEndOfTcpAsync());
        Assert.Equal(kind is "record of rubbish" or "alert" ? 10 : null, attempt.Foreign.Alert);
    });

    [Theory]
    [InlineData("http", "HTTP")]
    [InlineData("text", "220 mail")]
    [InlineData("record of rubbish", "")]
    [InlineData("alert", "alert")]
    public Task Connect_NotAServerHello_IsRefusedInWords(string kind, string words) => RunAsync(async bed =>
    {
        var attempt = await BeginConnectAsync(bed);
        await attempt.Foreign.Raw.SendAllAsync(kind switch
        {
            "http" => "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(),
            "text" => "220 mail.example ESMTP\r\n"u8.ToArray(),
            "alert" => [21, 3, 3, 0, 2, 2, 40],
            _ => [22, 3, 3, 0, 4, 0xFF, 0, 0, 0],
        });
        var result = await attempt.Result;
        Assert.Equal(ConnectFailure.Tls, result.Failure);
        Assert.Contains(words, result.Detail, StringComparison.Ordinal);
        Assert.True(attempt.IsClosed);
    });

    [Theory]
    [InlineData(0, false)]
    [InlineData(100, false)]
    [InlineData(0, true)]
    [InlineData(100, true)]
    public Task Accept_ConnectionEndsBeforeOrInTheClientHello_SaysSo(int length, bool isReset) => RunAsync(async bed =>
    {
        var attempt = await BeginServeAsync(bed);
        await attempt.Foreign.Raw.SendAllAsync((await HelloAsync(bed)).AsMemory(0, length));
        Assert.True(await attempt.Foreign.Raw.FlushToPeerAsync());
        await EndAsync(attempt.Foreign.Raw, isReset);
        var result = await attempt.Result;
        Assert.Equal((TlsFailure.Ended, isReset ? TransportStatus.Reset : TransportStatus.Ok), (result.Failure, result.Status));
        Assert.Equal("the connection ended during the TLS handshake", result.Detail);
        Assert.Null(await ForeignConnection.ResetAsync(attempt.Below));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Accept_ConnectionEndsAfterTheClientHello_SaysSo(bool isReset) => RunAsync(async bed =>
    {
        var attempt = await BeginServeAsync(bed);
        await attempt.Foreign.Raw.SendAllAsync(await HelloAsync(bed));
        Assert.NotEmpty(await attempt.Foreign.Raw.ReadAsync(1));
        await EndAsync(attempt.Foreign.Raw, isReset);
        var result = await attempt.Result;
        Assert.Equal((TlsFailure.Ended, isReset ? TransportStatus.Reset : TransportStatus.Ok), (result.Failure, result.Status));
        Assert.Null(await ForeignConnection.ResetAsync(attempt.Below));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Connect_ConnectionEndsInsteadOfAnAnswer_SaysSo(bool isReset) => RunAsync(async bed =>
    {
        var attempt = await BeginConnectAsync(bed);
        Assert.NotEmpty(await attempt.Foreign.Raw.ReadAsync(1));
        await EndAsync(attempt.Foreign.Raw, isReset);
        var result = await attempt.Result;
        Assert.Equal((ConnectFailure.Tls, "the connection ended during the TLS handshake"), (result.Failure, result.Detail));
        Assert.True(attempt.IsClosed);
    });

    [Fact]
    public Task Accept_Cancelled_EndsWithAbortedAndNoAlert() => RunAsync(async bed =>
    {
        using var cancellation = new CancellationTokenSource();
        var attempt = await BeginServeAsync(bed, cancellationToken: cancellation.Token);
        await attempt.Foreign.Raw.SendAllAsync((await HelloAsync(bed)).AsMemory(0, 20));
        await bed.PauseAsync();
        Assert.False(attempt.Result.IsCompleted);
        await bed.RunElsewhereAsync(() =>
        {
            attempt.Below.Abort();
            cancellation.Cancel();
        });
        var result = await attempt.Result;
        Assert.Equal((TlsFailure.Ended, TransportStatus.Aborted), (result.Failure, result.Status));
        await attempt.Below.DisposeAsync();
        Assert.Equal(TransportStatus.Reset, await attempt.Foreign.ReadEndOfTcpAsync());
        Assert.Equal(0, attempt.Foreign.Wire.Received.Length);
    });

    [Fact]
    public Task Connect_Cancelled_IsCancelledAndClosed() => RunAsync(async bed =>
    {
        using var cancellation = new CancellationTokenSource();
        var attempt = await BeginConnectAsync(bed, cancellationToken: cancellation.Token);
        Assert.NotEmpty(await attempt.Foreign.Raw.ReadAsync(1));
        await bed.RunElsewhereAsync(cancellation.Cancel);
        Assert.Equal(ConnectFailure.Cancelled, (await attempt.Result).Failure);
        Assert.True(attempt.IsClosed);
        Assert.Equal(TransportStatus.Reset, await attempt.Foreign.ReadEndOfTcpAsync());
    });

    /// <summary>A ClientHello of the foreign client.</summary>
    private async Task<byte[]> HelloAsync(TransportBed bed)
    {
        var (connected, accepted) = await bed.PairAsync();
        var foreign = new ForeignPeer(connected);
        foreign.Wire.Hold();
        var handshake = foreign.Tls.AuthenticateAsClientAsync(ForeignClient(), Cancelled);
        var hello = foreign.Wire.TakeHeld();
        accepted.Abort();
        await Record.ExceptionAsync(() => handshake);
        return hello;
    }

    private static async Task EndAsync(TransportConnection raw, bool isReset)
    {
        if (isReset)
        {
            raw.Abort();
        }
        else
        {
            raw.ShutdownSend();
        }

        await raw.Executor.Resume();
    }
}
