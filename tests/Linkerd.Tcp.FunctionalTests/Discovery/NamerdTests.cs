using System.Diagnostics;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The executable and its control plane.</summary>
public sealed class NamerdTests : IAsyncLifetime
{
    private static readonly TimeSpan TimeToTakeEffect = TimeSpan.FromMilliseconds(100);
    private readonly TcpBackend _first = new(Serve.Say("first"));
    private readonly TcpBackend _second = new(Serve.Say("second"));
    private NamerdStandIn _namerd = null!;

    public async ValueTask InitializeAsync() => _namerd = await NamerdStandIn.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _namerd.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task Watch_EndpointAddedUnderLoad_IsInUseWithin100Milliseconds()
    {
        Set((_first, null));
        await using var proxy = await StartAsync();
        await using var load = new SteadyLoad(proxy.EndPoint);
        await load.WaitForAsync(50);
        var changed = Stopwatch.GetTimestamp();
        Set((_first, null), (_second, null));
        await load.WaitForAsync(400);
        Assert.Empty(load.Failures);
        var first = Assert.NotNull(load.FirstAnswer("second"));
        Assert.True(Stopwatch.GetElapsedTime(changed, first) < TimeToTakeEffect, $"{Stopwatch.GetElapsedTime(changed, first).TotalMilliseconds} ms");
    }

    [Fact]
    public async Task Watch_EndpointRemovedUnderLoad_GetsNoNewSessionsAndKeepsItsOld()
    {
        await using var echo = new TcpBackend(Serve.GreetAndEcho("second"));
        Set((_first, null), (echo, null));
        await using var proxy = await StartAsync();
        using var held = await HoldAsync(proxy, echo);
        Set((_first, null));
        await Eventually.IsTrueAsync(() => proxy.Error.Text.Contains("(0 added, 1 removed", StringComparison.Ordinal), () => proxy.Error.Text);
        var before = echo.Accepted;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
        }

        Assert.Equal(before, echo.Accepted);
        await held.EchoAsync("still here");
    }

    [Fact]
    public async Task Watch_EndpointReweightedUnderLoad_NewSharesHold()
    {
        Set((_first, 1.0), (_second, 1.0));
        await using var proxy = await StartAsync();
        await using var load = new SteadyLoad(proxy.EndPoint);
        await load.WaitForAsync(200);
        Set((_first, 9.0), (_second, 1.0));
        await Eventually.IsTrueAsync(() => proxy.Error.Text.Contains("2 endpoints (0 added, 0 removed, 1 re-weighted)", StringComparison.Ordinal), () => proxy.Error.Text);
        var since = Stopwatch.GetTimestamp();
        await load.WaitForAsync(1000);
        Assert.Empty(load.Failures);
        var answers = load.AnswersSince(since);
        Assert.InRange(answers["second"] / (double)(answers["first"] + answers["second"]), 0.06, 0.14);
    }

    [Fact]
    public async Task Watch_SetChangesAgainAndAgainUnderLoad_NoSessionFails()
    {
        Set((_first, null));
        await using var proxy = await StartAsync();
        await using var load = new SteadyLoad(proxy.EndPoint);
        for (var i = 0; i < 20; i++)
        {
            await load.WaitForAsync(20);
            Set(i % 2 == 0 ? [(_second, null)] : [(_first, null), (_second, 0.5)]);
        }

        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task Start_NamerdIsDown_WarnsAndServesWhenItAppears()
    {
        Set((_first, null));
        await _namerd.StopAsync();
        await using var proxy = await StartAsync();
        using var early = await ClientSocket.ConnectAsync(proxy.EndPoint);
        var answer = early.ReceiveTextToEndAsync();
        await Eventually.IsTrueAsync(() => proxy.Error.Text.Contains("WARN  Linkerd.Tcp.Namerd]", StringComparison.Ordinal), () => proxy.Error.Text);
        Assert.False(answer.IsCompleted);
        await _namerd.StartAgainAsync();
        Assert.Equal("first", await answer.InTimeAsync());
    }

    [Fact]
    public async Task Start_NamerdsHostDoesNotResolve_WarnsAndListens()
    {
        await using var proxy = await Executable.StartAsync("/svc/web", "-n", "no-such-host.invalid:4180", "--connect-timeout", "200ms");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.IsResetAsync();
        Assert.Contains("no-such-host.invalid", proxy.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Namerd_DiesUnderLoad_LastEndpointsServeOnAndANewSetIsTakenWhenItIsBack()
    {
        Set((_first, null));
        await using var proxy = await StartAsync();
        await using var load = new SteadyLoad(proxy.EndPoint);
        await load.WaitForAsync(50);
        await _namerd.StopAsync();
        await load.WaitForAsync(200);
        Set((_second, null));
        await _namerd.StartAgainAsync();
        await Eventually.IsTrueAsync(() => load.FirstAnswer("second") is not null, () => proxy.Error.Text);
        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task Name_BecomesNegative_LastEndpointsAreKept()
    {
        Set((_first, null));
        await using var proxy = await StartAsync();
        Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
        _namerd.Set("/svc/web", new NameState.Neg());
        await Eventually.IsTrueAsync(() => proxy.Error.Text.Contains("1 endpoints kept", StringComparison.Ordinal), () => proxy.Error.Text);
        Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
    }

    [Fact]
    public async Task Poll_SetChanges_IsTakenAtTheInterval()
    {
        Set((_first, null));
        await using var proxy = await StartAsync("--poll", "-i", "1");
        Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
        Assert.Equal(0, _namerd.OpenWatches);
        Set((_second, null));
        await using var load = new SteadyLoad(proxy.EndPoint, clients: 1);
        await Eventually.IsTrueAsync(() => load.FirstAnswer("second") is not null, () => proxy.Error.Text);
        Assert.Empty(load.Failures);
    }

    private static async Task<Socket> HoldAsync(ProxyProcess proxy, TcpBackend on)
    {
        while (true)
        {
            var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            if (await client.ReceiveTextAsync(5).InTimeAsync() == "secon")
            {
                Assert.Equal("d", await client.ReceiveTextAsync(1).InTimeAsync());
                Assert.True(on.Open > 0);
                return client;
            }

            client.Dispose();
        }
    }

    private Task<ProxyProcess> StartAsync(params string[] options) => Executable.StartAsync("/svc/web", ["-n", _namerd.EndPoint.ToString(), .. options]);

    private void Set(params (TcpBackend Backend, double? Weight)[] endpoints) =>
        _namerd.Set("/svc/web", NameState.Bound.Of(endpoints.Select(endpoint => StandInAddress.Of(endpoint.Backend.EndPoint, endpoint.Weight))));
}
