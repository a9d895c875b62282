using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>--max-connections-per-endpoint</c>: who finds no place waits, as long as there is room to wait.</summary>
public sealed class EndpointLimitTests
{
    [Fact]
    public async Task EndpointIsFull_TheNextSession_WaitsUntilThatBeforeItEnds()
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--max-connections-per-endpoint", "1");
        using var first = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await first.EchoAsync("first");
        using var second = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await second.SendTextAsync("early");
        var answer = second.ReceiveTextAsync("early".Length);
        for (var i = 0; i < 200; i++)
        {
            await first.EchoAsync("the first goes on");
        }

        Assert.False(answer.IsCompleted);
        Assert.Equal(1, server.Accepted);
        first.Dispose();
        Assert.Equal("early", await answer.InTimeAsync());
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task EndpointIsFull_AndNobodyMayWait_TheNextSessionIsResetAtOnce()
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--max-connections-per-endpoint", "1", "--max-waiters", "0", "--connect-timeout", "10m");

        // Until the name is resolved, sessions would have to wait, too.
        await proxy.WaitForEndpointsAsync(1);
        using var first = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await first.EchoAsync("first");
        await ClientSocket.IsTurnedAwayAsync(proxy.EndPoint);
        await proxy.Error.WaitForAsync(line => line.Contains("PQ:pending_full", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await first.EchoAsync("still here");
    }
}
