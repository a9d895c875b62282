using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The real executable and namerd: what it is asked, what its answers do, and what happens while it is away.</summary>
public sealed class NamerdTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watch_ByDefault_IsOneRequestInTheDefaultNamespace()
    {
        await using var proxy = await DiscoveredProxy.StartAsync();
        Assert.Equal("1", await proxy.AskAsync());
        proxy.Bind((proxy.Second, 1));
        await proxy.TimeUntilServedByAsync("2");
        var request = Assert.Single(proxy.Namerd.Requests);
        Assert.StartsWith("GET /api/1/resolve/default?", request, StringComparison.Ordinal);
        Assert.Contains("watch=true", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Namespace_Given_IsTheOneThatIsAsked()
    {
        await using var proxy = await DiscoveredProxy.StartAsync("-N", "other");
        proxy.Namerd.Set("other", DiscoveredProxy.Name, NameState.Bound.Ports(proxy.Second.EndPoint.Port));
        Assert.Equal("2", await proxy.AskAsync());
        Assert.All(proxy.Namerd.Requests, request => Assert.StartsWith("GET /api/1/resolve/other?", request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Poll_Asked_NeverWatchesAndSeesAChangeAtTheNextInterval()
    {
        await using var proxy = await DiscoveredProxy.StartAsync("--poll", "-i", "1");
        Assert.Equal("1", await proxy.AskAsync());
        proxy.Bind((proxy.Second, 1));
        var elapsed = await proxy.TimeUntilServedByAsync("2");
        Assert.True(elapsed < TimeSpan.FromSeconds(3), $"it took {elapsed}");
        Assert.All(proxy.Namerd.Requests, request => Assert.DoesNotContain("watch", request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task NamerdDownAtStart_WarnsAndServesTheWaitingClientWhenItAppears()
    {
        await using var proxy = await DiscoveredProxy.StartWithoutNamerdAsync();
        await proxy.Process.Error.WaitForAsync(line => line.Contains(" WARN ", StringComparison.Ordinal), Cancelled);
        var answer = proxy.AskAsync();
        proxy.Bind((proxy.First, 1));
        await proxy.Namerd.StartAgainAsync();
        Assert.Equal("1", await answer);
    }

    [Fact]
    public async Task NamerdsHostUnknownAtStart_Warns_AndEndsWhenTold()
    {
        await using var proxy = await Executable.StartAsync("/svc/web", "-n", "no-such-host.invalid:4180");
        await proxy.Error.WaitForAsync(
            line => line.Contains(" WARN ", StringComparison.Ordinal) && line.Contains("no-such-host.invalid", StringComparison.Ordinal), Cancelled);
        proxy.Send(Signal.Terminate);
        Assert.Equal(0, await proxy.WaitForExitAsync(Cancelled));
    }

    [Fact]
    public async Task NamerdRestarts_TheLastSetServesMeanwhile_AndTheNewOneAfterwards()
    {
        await using var proxy = await DiscoveredProxy.StartAsync();
        Assert.Equal("1", await proxy.AskAsync());
        await proxy.Namerd.StopAsync();
        await proxy.Process.Error.WaitForAsync(line => line.Contains(" WARN ", StringComparison.Ordinal), Cancelled);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("1", await proxy.AskAsync());
        }

        proxy.Bind((proxy.Second, 1));
        await proxy.Namerd.StartAgainAsync();
        await proxy.TimeUntilServedByAsync("2");
    }

    [Fact]
    public async Task NameGoesNegative_TheLastSetStays_AndAnEmptySetIsObeyed()
    {
        await using var proxy = await DiscoveredProxy.StartAsync("--connect-timeout", "300ms");
        Assert.Equal("1", await proxy.AskAsync());
        proxy.Namerd.Set(DiscoveredProxy.Name, new NameState.Neg());
        await proxy.Process.Error.WaitForAsync(line => line.Contains("1 endpoints kept", StringComparison.Ordinal), Cancelled);
        Assert.Equal("1", await proxy.AskAsync());

        proxy.Bind();
        await proxy.Process.Error.WaitForAsync(line => line.Contains(": 0 endpoints (", StringComparison.Ordinal), Cancelled);
        using var client = await ClientSocket.ConnectAsync(proxy.Process.EndPoint);
        await client.IsResetAsync();
    }
}
