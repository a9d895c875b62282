using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A RST is passed on, after what came before it, and never turned into a FIN.</summary>
public sealed class ResetTests
{
    [Fact]
    public async Task ServerResetsAfterThreeMegabytes_SlowClient_GetsAllThenTheReset()
    {
        var cancelled = TestContext.Current.CancellationToken;
        var answer = new byte[3_000_000];
        new Random(1).NextBytes(answer);
        await using var backend = new TcpBackend(Serve.SendThenReset(answer));
        await using var proxy = await Executable.StartAsync(backend.Name);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint, receiveBuffer: 16 * 1024);
        await client.SendTextAsync("?");

        // About 3 MB/s.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(3));
        var received = new byte[answer.Length];
        for (var filled = 0; filled < received.Length;)
        {
            var count = await client.ReceiveAsync(received.AsMemory(filled, Math.Min(8 * 1024, received.Length - filled)), cancelled).AsTask().InTimeAsync();
            Assert.True(count > 0, $"a FIN came after {filled} bytes");
            filled += count;
            await timer.WaitForNextTickAsync(cancelled);
        }

        Assert.True(received.AsSpan().SequenceEqual(answer), "the bytes that came are not those that were sent");
        await client.IsResetAsync();
    }

    [Fact]
    public async Task ClientResets_TheServer_SeesTheReset()
    {
        var seen = new TaskCompletionSource<SocketError>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = new TcpBackend(async socket =>
        {
            await socket.SendTextAsync("hello");
            try
            {
                await socket.ReceiveToEndAsync();
                seen.SetResult(SocketError.Success);
            }
            catch (SocketException error)
            {
                seen.SetResult(error.SocketErrorCode);
            }
        });
        await using var proxy = await Executable.StartAsync(backend.Name);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.ReceiveTextAsync(5).InTimeAsync();
        client.Reset();
        Assert.Equal(SocketError.ConnectionReset, await seen.Task.InTimeAsync());
    }

    [Fact]
    public async Task NobodyListens_TheClient_IsResetAtTheConnectTimeout()
    {
        await using var proxy = await Executable.StartAsync(ProxyProcess.InetName(FreePort.NextEndPoint()), "--connect-timeout", "300ms");
        var started = TimeProvider.System.GetTimestamp();
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.IsResetAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(290), "the only server was not tried again");
        await proxy.Error.WaitForAsync(
            line => line.Contains("WARN", StringComparison.Ordinal) && line.Contains("could not be served", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task NameBoundToNothing_TheClient_IsResetAtOnce()
    {
        await using var proxy = await Executable.StartAsync("/$/nil", "--connect-timeout", "10m");
        await ClientSocket.IsTurnedAwayAsync(proxy.EndPoint);
        await proxy.Error.WaitForAsync(line => line.Contains("PQ:no_endpoint", StringComparison.Ordinal), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task NotResolvedInTime_TheClient_IsResetAtTheConnectTimeout()
    {
        await using var proxy = await Executable.StartAsync("/svc/web", "-n", FreePort.NextEndPoint().ToString(), "--connect-timeout", "300ms");
        var started = TimeProvider.System.GetTimestamp();
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.IsResetAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(290), "it did not wait");
    }

    [Fact]
    public async Task OneOfTwoRefuses_EverySession_IsServedByTheOther()
    {
        await using var backend = new TcpBackend(Serve.Say("alive"));
        await using var proxy = await Executable.StartAsync(ProxyProcess.TargetOf(FreePort.NextEndPoint(), (EndPoint)backend.EndPoint));
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal("alive", await ClientSocket.AskAsync(proxy.EndPoint));
        }
    }
}
