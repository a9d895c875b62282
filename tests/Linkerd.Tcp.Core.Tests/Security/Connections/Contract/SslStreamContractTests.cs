using System.Security.Authentication;
using System.Text;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

/// <summary>The contract for SslStream, and what it owes to the connection below it.</summary>
public abstract class SslStreamContractTests(SslProtocols version) : TlsContractTests(version)
{
    private protected override TlsAcceptor MakeAcceptor(ListenerTlsOptions options)
    {
        options.Provider = TlsProviderKind.DotNet;
        return base.MakeAcceptor(options);
    }

    private protected override TlsConnector MakeConnector(ServerTlsOptions options, DstPath name)
    {
        options.Provider = TlsProviderKind.DotNet;
        return base.MakeConnector(options, name);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16 * 1024, 1)]
    [InlineData((16 * 1024) + 1, 1)]
    [InlineData(64 * 1024, 1)]
    [InlineData(200 * 1024, 4)]
    public Task Send_OfAnySize_IsGatheredIntoOneSendForEach64KiB(int length, int sends) => RunAsync(async bed =>
    {
        var (ours, foreign, below) = await SessionAsync(bed, weServe: true);
        var tap = (TapConnection)below;
        tap.Sends.Clear();
        var pattern = ConnectionExtensions.Pattern(length);
        var sending = ours.TrySendAsync(pattern);
        var read = new byte[length];
        await foreign.Tls.ReadExactlyAsync(read, Cancelled);
        Assert.Equal(TransportStatus.Ok, await sending);
        ConnectionExtensions.AssertSame(pattern, read);
        Assert.Equal(sends, tap.Sends.Count);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Dispose_OutputIsLeft_WaitsForItsTurnAndTheEndIsWhole(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign, below) = await SessionAsync(bed, weServe);
        var tap = (TapConnection)below;
        await ours.SendTextAsync("all of it");
        tap.CloseGate();
        ours.ShutdownSend();
        var flushing = ours.FlushToPeerAsync().AsTask();
        await bed.PauseAsync();
        Assert.Equal((false, false), (flushing.IsCompleted, tap.IsFinSent));
        tap.OpenGate();
        Assert.True(await flushing);
        Assert.True(tap.IsFinSent);
        var (data, isCloseNotify) = await foreign.ReadToEndAsync();
        Assert.Equal(("all of it", true), (Encoding.ASCII.GetString(data), isCloseNotify));
        await foreign.Tls.ShutdownAsync();
        await ours.ExpectFinAsync();
        await ours.DisposeAsync();
        Assert.True(tap.IsDisposed);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Dispose_OutputIsLeftForEver_EndsWithAbort(bool weServe) => RunAsync(async bed =>
    {
        var (ours, foreign, below) = await SessionAsync(bed, weServe);
        var tap = (TapConnection)below;
        tap.CloseGate();
        ours.ShutdownSend();
        var disposing = ours.DisposeAsync().AsTask();
        await bed.PauseAsync();
        Assert.False(disposing.IsCompleted);
        ours.Abort();
        await disposing;
        Assert.Equal((true, false), (tap.IsDisposed, tap.IsFinSent));
        Assert.Equal(TransportStatus.Reset, await foreign.ReadEndOfTcpAsync());
    });
}
