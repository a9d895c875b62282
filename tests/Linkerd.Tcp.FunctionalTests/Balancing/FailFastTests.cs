using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>--fail-fast</c> and <c>--retries</c> of the real executable, before servers that refuse.</summary>
public sealed class FailFastTests
{
    private const string Refused = "linkerd.tcp.connect.failures{cause=refused}";

    [Fact]
    public async Task FailFast_TwoFailures_AreAllThatARefusingServerGets()
    {
        await using var server = new TcpBackend(Serve.Say("alive"));
        var refusing = FreePort.NextEndPoint();
        await using var group = await ServerGroup.StartAsync([refusing, server.EndPoint]);
        await using var proxy = await group.ProxyAsync("--fail-fast", "2,10m", "--stats", "1");
        await AskAsync(proxy, 60);
        Assert.Contains(proxy.Error.Lines, line => ProxyLines.IsEjection(line, refusing));
        Assert.Equal(2, (await proxy.StopAndCountAsync())[Refused]);
    }

    [Fact]
    public async Task FailFast_Off_TheRefusingServerIsTriedOnAndNobodyFails()
    {
        await using var server = new TcpBackend(Serve.Say("alive"));
        var refusing = FreePort.NextEndPoint();
        await using var group = await ServerGroup.StartAsync([refusing, server.EndPoint]);
        await using var proxy = await group.ProxyAsync("--fail-fast", "off", "--balancer", "roundRobin", "--stats", "1");
        await AskAsync(proxy, 60);
        Assert.DoesNotContain(proxy.Error.Lines, line => ProxyLines.IsEjection(line, refusing));
        Assert.InRange((await proxy.StopAndCountAsync())[Refused], 6, 60);
    }

    [Fact]
    public async Task Retries_None_OneAttemptThatIsRefusedEndsTheSession()
    {
        await using var group = await ServerGroup.StartAsync([FreePort.NextEndPoint(), FreePort.NextEndPoint()]);
        await using var proxy = await group.ProxyAsync("--retries", "0", "--stats", "1");
        await ClientSocket.IsTurnedAwayAsync(proxy.EndPoint);
        await proxy.Error.WaitForAsync(line => line.Contains("(1 attempt, SC;", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal(1, (await proxy.StopAndCountAsync())["linkerd.tcp.connect.attempts"]);
    }

    [Fact]
    public async Task Retries_None_TheOnlyServerIsTriedOnce()
    {
        await using var proxy = await Executable.StartAsync(ProxyProcess.InetName(FreePort.NextEndPoint()), "--retries", "0", "--connect-timeout", "10m");
        await ClientSocket.IsTurnedAwayAsync(proxy.EndPoint);
        await proxy.Error.WaitForAsync(line => line.Contains("(1 attempt, SC;", StringComparison.Ordinal), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Retries_Default_TheOnlyServerIsDown_TheFirstRefusalIsSaidAndForHowLongItIsTried()
    {
        var server = FreePort.NextEndPoint();
        await using var proxy = await Executable.StartAsync(ProxyProcess.InetName(server), "--connect-timeout", "1500ms");
        await ClientSocket.IsTurnedAwayAsync(proxy.EndPoint);
        await proxy.Error.WaitForAsync(
            line => line.Contains($"no connection to {server}, the only endpoint: Connection refused; each session tries it for up to 1.5 s", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        await proxy.Error.WaitForAsync(line => line.Contains(" attempts at 1 endpoint, SC;", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Single(proxy.Error.Lines, line => line.Contains("the only endpoint", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Retries_Two_EachServerRefusesOnceForFreeAndThreeAttemptsMoreEndTheSession()
    {
        await using var group = await ServerGroup.StartAsync(Enumerable.Range(0, 4).Select(_ => FreePort.NextEndPoint()).ToList());
        await using var proxy = await group.ProxyAsync("--stats", "1");
        await ClientSocket.IsTurnedAwayAsync(proxy.EndPoint);
        await proxy.Error.WaitForAsync(line => line.Contains("(7 attempts at 4 endpoints, SC;", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal(4 + 3, (await proxy.StopAndCountAsync())["linkerd.tcp.connect.attempts"]);
    }

    private static async Task AskAsync(ProxyProcess proxy, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Assert.Equal("alive", await ClientSocket.AskAsync(proxy.EndPoint));
        }
    }
}
