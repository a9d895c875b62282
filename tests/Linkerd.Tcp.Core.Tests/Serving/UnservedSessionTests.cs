using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>A client that could not be served sees a RST, whatever the reason; the reason is counted, and logged where the proxy's side has the trouble.</summary>
public sealed class UnservedSessionTests
{
    [Theory]
    [InlineData(ConnectFailure.Refused, "SC")]
    [InlineData(ConnectFailure.Unreachable, "SC")]
    [InlineData(ConnectFailure.Reset, "SC")]
    [InlineData(ConnectFailure.TimedOut, "sC")]
    [InlineData(ConnectFailure.LocalResources, "RC")]
    public Task Connect_Fails_ClientIsReset(ConnectFailure failure, string reason) => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        backend.Endpoint.Fail(failure);
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("hello");
        await SimulatedProxy.ExpectResetAsync(client);
        await EndedAsync(bed, reason, logged: 1);
    });

    [Fact]
    public Task Connect_NoAnswer_ClientIsResetAtTheDeadline() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        backend.Endpoint.Blackhole();
        await bed.ConnectRefusedAsync();
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 10, 10.1);
        await EndedAsync(bed, "sC", logged: 1);
    });

    [Fact]
    public Task Connect_OnlyServerRefuses_IsSaidAtOnceAndOnceUntilItIsBack() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        backend.Endpoint.Refuse();
        var clients = new List<TransportConnection> { await bed.ConnectAsync() };
        await bed.UntilAsync(() => backend.Endpoint.Attempts > 0);
        await bed.DelayAsync(10);
        var (level, _, message) = bed.Logs.Entries.Single(entry => entry.Id == 3004);
        Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Warning, level);
        Assert.Equal($"/svc/web: no connection to {backend.Address}, the only endpoint: Refused; each session tries it for up to 10 s (0 like this not shown)", message);
        for (var i = 0; i < 30; i++)
        {
            clients.Add(await bed.ConnectAsync());
            await bed.DelayAsync(500);
        }

        // One that has given up.
        var unserved = bed.Logs.Entries.First(entry => entry.Id == 4101).Message;
        Assert.Matches(@"could not be served: .*\(\d+ attempts at 1 endpoint, ", unserved);
        Assert.Equal((1, 0), (bed.Logs.Count(3004), bed.Logs.Count(3005)));
        backend.Endpoint.Heal();
        await bed.ConnectServedAsync(backend);
        Assert.Matches(@"^/svc/web: \S+ takes connections again, after 15\.\d s$", bed.Logs.Entries.Single(entry => entry.Id == 3005).Message);
        backend.Endpoint.Refuse();
        await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Logs.Count(3004) == 2);
    });

    [Theory]
    [InlineData(0, 0, "no attempt")]
    [InlineData(1, 1, "1 attempt")]
    [InlineData(2, 0, "2 attempts")]
    [InlineData(17, 1, "17 attempts at 1 endpoint")]
    [InlineData(17, 3, "17 attempts at 3 endpoints")]
    public void Connect_Fails_LogCountsAttemptsAndEndpoints(int attempts, int endpoints, string expected) =>
        Assert.Equal(expected, SessionReport.DescribeAttempts(attempts, endpoints));

    [Fact]
    public Task Connect_NoDescriptorLeft_ClientIsReset() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(bed.NewListener());
        bed.ProxyHost.DescriptorLimit = 1;
        await bed.ConnectRefusedAsync();
        await EndedAsync(bed, "RC", logged: 1);
    });

    [Theory]
    [InlineData("pending")]
    [InlineData("failed")]
    [InlineData("negative")]
    public Task Resolution_NoEndpoint_ClientIsResetAtTheDeadline(string state) => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Resolver.Update(state switch
        {
            "pending" => Resolution.Pending.Instance,
            "failed" => new Resolution.Failed("no control plane"),
            _ => Resolution.Negative.Instance,
        });
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] });
        await bed.ConnectRefusedAsync();
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 10, 10.1);
        await EndedAsync(bed, "sQ", logged: 1);
    });

    [Fact]
    public Task Resolution_NoEndpointAtAll_ClientIsRefusedAtOnce() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Resolver.Update(new Resolution.Bound(EndpointSet.Empty));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] });
        await bed.Scheduler.RunElsewhereAsync(() => Assert.True(SpinWait.SpinUntil(() => bed.Destination.Updates == 1, TimeSpan.FromSeconds(30))));
        await bed.ConnectRefusedAsync();
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 0, 0.1);
        await EndedAsync(bed, "PQ:no_endpoint", logged: 1, refused: 1);
        Assert.Equal(1, bed.Refused("no_endpoint"));
    });

    [Fact]
    public Task Drain_SessionWaits_ClientIsReset() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Resolver.Update(Resolution.Pending.Instance);
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] });
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 1);
        Assert.Equal(1, await bed.Proxy.DrainAsync(TimeSpan.Zero, CancellationToken.None));
        await SimulatedProxy.ExpectResetAsync(client);
        await EndedAsync(bed, "KQ", logged: 0);
    });

    [Fact]
    public Task Served_ServerResets_IsNotLoggedAsUnserved() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var client = await bed.ConnectServedAsync(backend);
        backend.Accepted[0].Abort();
        await SimulatedProxy.ExpectResetAsync(client);
        await EndedAsync(bed, "SD", logged: 0);
    });

    [Theory]
    [InlineData(RejectReason.PendingSessionsFull)]
    [InlineData(RejectReason.NoEndpoint)]
    [InlineData(RejectReason.RetryBudget)]
    public Task Connect_IsRefusedByTheDestination_IsCountedOnceByItsCause(RejectReason refusal) => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.AddBackendAsync();
        backend.Endpoint.Fail(ConnectFailure.Unreachable);
        bed.Resolver.Update(refusal switch
        {
            RejectReason.PendingSessionsFull => Resolution.Pending.Instance,
            RejectReason.NoEndpoint => new Resolution.Bound(EndpointSet.Empty),
            _ => new Resolution.Bound(EndpointSet.Create(backend.Address)),
        });
        bed.Configure = options => options.With(own => { own.MaxPendingSessions = 0; own.RetryBudget = new RetryBudgetOptions { PerSecond = 0, PerSession = 0 }; });
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener().With(own => { own.MaxSessions = 1; own.MaxSessionsPerClient = 1; })] }, destinationSessions: 1);
        await bed.ResolvedAsync(refusal == RejectReason.PendingSessionsFull ? 0 : 1);
        await bed.ConnectRefusedAsync();
        await EndedAsync(bed, $"PQ:{refusal.ToTag()}", logged: 1, refused: 1);
        Assert.Equal(1, bed.Refused(refusal.ToTag()));
        Assert.Equal(0, bed.Destination.SessionLimit!.Active);

        // Its places are free again.
        await bed.ConnectRefusedAsync();
        await bed.UntilAsync(() => bed.Refused(refusal.ToTag()) == 2);
    });

    private static async Task EndedAsync(SimulatedProxy bed, string reason, int logged, int refused = 0)
    {
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        Assert.Equal(1, bed.Closed(reason));
        Assert.Equal(1, bed.Counters.CountAll("linkerd.tcp.sessions.closed"));
        Assert.Equal(refused, bed.Counters.CountAll("linkerd.tcp.sessions.refused"));
        Assert.Equal(logged, bed.Logs.Count(4101));
        Assert.Equal(0, bed.ProxyHost.Descriptors);
    }
}
