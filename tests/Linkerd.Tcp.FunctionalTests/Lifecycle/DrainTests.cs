using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>SIGTERM and SIGINT: accept no more, let sessions finish, abort those that do not. The exit code is 0 in every case.</summary>
public sealed class DrainTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public async Task Signal_NoSessions_EndsAtOnce(int signal)
    {
        await using var proxy = await Executable.StartAsync("/$/nil");
        proxy.Send(new Signal(signal));
        Assert.Equal(0, await proxy.WaitForExitAsync(Cancelled));
        Assert.Contains("] stopped; 0 sessions were aborted", proxy.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signal_SessionThatFinishes_IsLeftAloneAndNobodyNewIsAccepted()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--grace", "1h");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.EchoAsync("before");
        proxy.Send(Signal.Terminate);
        await proxy.Error.WaitForAsync(line => line.Contains("draining", StringComparison.Ordinal), Cancelled);
        var refused = await Assert.ThrowsAsync<SocketException>(() => ClientSocket.ConnectAsync(proxy.EndPoint));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        await client.EchoAsync("after");
        Assert.False(proxy.HasExited);
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await client.ReceiveTextToEndAsync().InTimeAsync());
        Assert.Equal(0, await proxy.WaitForExitAsync(Cancelled));
        Assert.Contains("] stopped; 0 sessions were aborted", proxy.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signal_SessionThatStays_IsAbortedAfterTheGracePeriod()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--grace", "400ms");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.EchoAsync("hello");
        var started = TimeProvider.System.GetTimestamp();
        proxy.Send(Signal.Terminate);
        await client.IsResetAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(390), "the grace period was not kept");
        Assert.Equal(0, await proxy.WaitForExitAsync(Cancelled));
        Assert.Contains("] stopped; 1 sessions were aborted", proxy.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecondSignal_SessionThatStays_IsAbortedAtOnce()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--grace", "1h");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.EchoAsync("hello");
        proxy.Send(Signal.Interrupt);
        await proxy.Error.WaitForAsync(line => line.Contains("draining", StringComparison.Ordinal), Cancelled);
        await client.EchoAsync("still here");
        proxy.Send(Signal.Interrupt);
        await client.IsResetAsync();
        Assert.Equal(0, await proxy.WaitForExitAsync(Cancelled));
    }

    [Fact]
    public async Task Signal_NoGrace_AbortsAtOnce()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--grace", "0s");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.EchoAsync("hello");
        proxy.Send(Signal.Terminate);
        await client.IsResetAsync();
        Assert.Equal(0, await proxy.WaitForExitAsync(Cancelled));
    }
}
