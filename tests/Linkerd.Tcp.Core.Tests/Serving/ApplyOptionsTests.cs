using System.Net;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Sessions;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>A proxy that takes new options while sessions run.</summary>
public sealed class ApplyOptionsTests
{
    private const int Removed = 4011;
    private const int Changed = 4012;
    private static readonly DstPath Other = DstPath.Parse("/svc/other");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Apply_ListenerAdded_ServesAtOnceAndTheOthersGoOn() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var first = bed.Proxy.LocalEndPoints[0];
        var before = await bed.ConnectServedAsync(backend);
        await bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.Listeners = [.. own.Listeners, bed.NewListener()]), Cancelled);
        Assert.Equal(2, bed.Proxy.LocalEndPoints.Count);
        Assert.Equal(first, bed.Proxy.LocalEndPoints[0]);
        await bed.ConnectServedAsync(backend, listener: 1);
        await bed.ConnectServedAsync(backend);
        await AssertEchoAsync(before, backend.Accepted[0]);
        Assert.Equal("new options: 1 listeners added, 1 kept, 0 removed; up to " + bed.Proxy.MaxSessions + " sessions", bed.Logs.WaitFor(Changed, TimeSpan.Zero));
    });

    [Fact]
    public Task Apply_ListenerRemoved_ItsSessionsGoOnAndItRefuses() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartAsync(bed, bed.NewListener(), bed.NewListener());
        var removed = bed.Proxy.LocalEndPoints[1];
        var session = await bed.ConnectServedAsync(backend, listener: 1);
        await bed.Proxy.RemoveListenerAsync(removed, Cancelled);
        Assert.Single(bed.Proxy.LocalEndPoints);
        Assert.Equal(ConnectFailure.Refused, (await bed.ClientHost.ConnectAsync(removed, new TransportConnectOptions(), Cancelled)).Failure);
        await AssertEchoAsync(session, backend.Accepted[0]);
        Assert.Equal($"listening no more on {removed}, 1 sessions of which go on", bed.Logs.WaitFor(Removed, TimeSpan.Zero));

        // It counts in the limit of all, and is drained with the others.
        Assert.Equal(1, bed.Proxy.ActiveSessions);
        Assert.Equal(1, await bed.Proxy.DrainAsync(TimeSpan.FromSeconds(1), CancellationToken.None));
    });

    [Fact]
    public Task Apply_ClientsConnectWhileTheirListenerGoes_ThoseWhoHaveConnectedAreServed() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartAsync(bed, bed.NewListener(), bed.NewListener());
        var removed = bed.Proxy.LocalEndPoints[1];
        var clients = Enumerable.Range(0, 20).Select(async i =>
        {
            await bed.DelayAsync(i * 0.2);
            return await bed.ClientHost.ConnectAsync(removed, new TransportConnectOptions(), Cancelled);
        }).ToArray();
        await bed.DelayAsync(3);
        await bed.Proxy.RemoveListenerAsync(removed, Cancelled);
        var connected = (await Task.WhenAll(clients)).Where(result => result.IsConnected).ToArray();
        Assert.InRange(connected.Length, 1, 19);
        await bed.UntilAsync(() => backend.Accepted.Count == connected.Length);
        Assert.Equal(connected.Length, bed.Proxy.ActiveSessions);
    }, seeds: 10);

    [Fact]
    public Task Apply_AddressChanged_TheNewOneAcceptsBeforeTheOldOneIsGone() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var old = bed.Proxy.LocalEndPoints[0];
        var session = await bed.ConnectServedAsync(backend);
        var moved = new IPEndPoint(bed.ProxyHost.Address, 9000);
        var applying = bed.Proxy.ChangeListenerAsync(old, new ListenerOptions(moved, SimulatedProxy.Name), Cancelled);
        Assert.Equal(moved, Assert.Single(bed.Proxy.LocalEndPoints));
        await bed.ConnectServedAsync(backend);
        Assert.True(await applying);
        Assert.Equal(ConnectFailure.Refused, (await bed.ClientHost.ConnectAsync(old, new TransportConnectOptions(), Cancelled)).Failure);
        await AssertEchoAsync(session, backend.Accepted[0]);
    });

    [Fact]
    public Task Apply_SeveralWithPort0_AreKnownByKeyThenByOrder() => SimulatedProxy.RunAsync(async bed =>
    {
        await StartAsync(bed, Keyed(bed, "a"), Keyed(bed, "b"), bed.NewListener(), bed.NewListener());
        var (a, b, first, second) = (bed.Proxy.LocalEndPoints[0], bed.Proxy.LocalEndPoints[1], bed.Proxy.LocalEndPoints[2], bed.Proxy.LocalEndPoints[3]);

        await ApplyAsync(bed, bed.NewListener(), Keyed(bed, "b"));
        Assert.Equal([first, b], bed.Proxy.LocalEndPoints);

        // The port that it has become is the same listener, whatever its key.
        await ApplyAsync(bed, Keyed(bed, "c"), new ListenerOptions(b, SimulatedProxy.Name), new ListenerOptions(first, SimulatedProxy.Name) { Key = "d" });
        Assert.Equal([b, first], bed.Proxy.LocalEndPoints.Skip(1));
        Assert.DoesNotContain(bed.Proxy.LocalEndPoints[0], new[] { a, b, first, second });
    });

    [Fact]
    public Task Apply_ListenersName_NewSessionsGoToItAndRecordsTellTheKeyOfTheirTime() => SimulatedProxy.RunAsync(async bed =>
    {
        var records = new Records();
        bed.Observer = records;
        var backend = await bed.StartAsync(Keyed(bed, "old"));
        var before = await bed.ConnectServedAsync(backend);
        await ApplyAsync(bed, new ListenerOptions(bed.Proxy.LocalEndPoints[0], Other) { Key = "new" });
        var after = await bed.ConnectServedAsync(backend);
        await bed.EndAsync(after);
        await bed.EndAsync(before);
        Assert.Equal([("new", Other), ("old", SimulatedProxy.Name)], records.Select(record => (record.Session.ListenerKey!, record.Session.Name!)));
        Assert.All(records, record => Assert.Equal(bed.Proxy.LocalEndPoints[0], record.Session.Listener));
    });

    [Fact]
    public Task Apply_IdleTimeout_HoldsForNewSessionsOnly() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var before = await bed.ConnectServedAsync(backend);
        await bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.Duplex.IdleTimeout = TimeSpan.FromSeconds(5)), Cancelled);
        var after = await bed.ConnectServedAsync(backend);
        await SimulatedProxy.ExpectResetAsync(after);
        Assert.Equal(1, bed.Closed("cD"));
        await bed.DelayAsync(60_000);
        await AssertEchoAsync(before, backend.Accepted[0]);
    });

    [Fact]
    public Task Apply_ConnectPolicy_HoldsForNewSessionsOnly() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Resolver.Update(Resolution.Pending.Instance);
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()], Connect = new() { ConnectTimeout = TimeSpan.FromSeconds(10) } });
        var before = await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 1);
        await bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.Connect.ConnectTimeout = TimeSpan.FromSeconds(1)), Cancelled);
        var start = bed.Scheduler.Elapsed;
        await SimulatedProxy.ExpectResetAsync(await bed.ConnectAsync());
        Assert.InRange((bed.Scheduler.Elapsed - start).TotalSeconds, 1, 1.5);
        await SimulatedProxy.ExpectResetAsync(before);
        Assert.InRange((bed.Scheduler.Elapsed - start).TotalSeconds, 9, 10.5);
    });

    [Fact]
    public Task Apply_AbortOnClose_HoldsForNewSessionsOnly() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Resolver.Update(Resolution.Pending.Instance);
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()], AbortOnClose = true });
        var before = await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 1);
        await bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.AbortOnClose = false), Cancelled);
        var after = await bed.ConnectAsync();
        before.ShutdownSend();
        after.ShutdownSend();
        await bed.DelayAsync(1_000);
        Assert.Equal((1, 1), (bed.Proxy.ActiveSessions, bed.Closed("CQ")));
    });

    [Fact]
    public Task Apply_Prelude_HoldsForNewSessionsOnly() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => { own.Preludes = [new LinePrelude()]; own.PreludeTimeout = TimeSpan.FromSeconds(20); }));
        var before = await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 1);
        await ChangeAsync(bed, own => own.PreludeTimeout = TimeSpan.FromSeconds(1));
        await SimulatedProxy.ExpectResetAsync(await bed.ConnectAsync());
        await ChangeAsync(bed, own => own.Preludes = []);
        await bed.ConnectServedAsync(backend);
        await bed.DelayAsync(15_000);
        await before.SendTextAsync("192.0.2.7:4711\nhello");
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        Assert.Equal("hello", await backend.Accepted[1].ReadTextAsync(5));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Apply_MaxSessions_LowerCutsNobodyAndHigherTakesThoseWhoWait(bool ofListener) => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var clients = new List<TransportConnection>();
        for (var i = 0; i < 4; i++)
        {
            clients.Add(await bed.ConnectServedAsync(backend));
        }

        await LimitAsync(2);
        var waiting = await bed.ConnectAsync();
        await bed.DelayAsync(1_000);
        Assert.Equal(4, bed.Proxy.ActiveSessions);
        await bed.EndAsync(clients[0]);
        await bed.EndAsync(clients[1]);
        await bed.DelayAsync(1_000);
        Assert.Equal((2, 4), (bed.Proxy.ActiveSessions, backend.Accepted.Count));

        await LimitAsync(3);
        await bed.UntilAsync(() => backend.Accepted.Count == 5);
        await AssertEchoAsync(waiting, backend.Accepted[4]);
        await AssertEchoAsync(clients[2], backend.Accepted[2]);

        await LimitAsync(null);
        await bed.ConnectServedAsync(backend);

        async Task LimitAsync(int? most)
        {
            if (ofListener)
            {
                await ChangeAsync(bed, own => own.MaxSessions = most);
            }
            else
            {
                await bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.MaxSessions = most), Cancelled);
                Assert.Equal(most ?? FileDescriptorLimit.DefaultMaxSessions, bed.Proxy.MaxSessions);
            }
        }
    });

    [Fact]
    public Task Apply_AcceptRate_GrantsNoBurstThatWasNotThere() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => { own.AcceptRate = 0.001; own.AcceptBurst = 2; }));
        await bed.ConnectServedAsync(backend);
        await bed.ConnectServedAsync(backend);
        for (var burst = 3; burst < 6; burst++)
        {
            await ChangeAsync(bed, own => own.AcceptBurst = burst);
            await bed.ConnectRefusedAsync();
        }

        await ChangeAsync(bed, own => own.AcceptRate = 1);
        await bed.DelayAsync(1_000);
        await bed.ConnectServedAsync(backend);
        await bed.ConnectRefusedAsync();
        await ChangeAsync(bed, own => own.AcceptRate = own.AcceptBurst = null);
        await bed.ConnectServedAsync(backend);
        Assert.Equal(4, bed.Refused("accept_rate"));
    });

    [Fact]
    public Task Apply_MaxSessionsPerClient_CountsSessionsThatRun() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => own.MaxSessionsPerClient = 3));
        var clients = new List<TransportConnection> { await bed.ConnectServedAsync(backend), await bed.ConnectServedAsync(backend) };
        await ChangeAsync(bed, own => own.MaxSessionsPerClient = 1);
        await bed.ConnectRefusedAsync();
        await bed.EndAsync(clients[0]);
        await bed.ConnectRefusedAsync();
        await bed.EndAsync(clients[1]);
        clients = [await bed.ConnectServedAsync(backend)];
        await bed.ConnectRefusedAsync();
        await ChangeAsync(bed, own => own.MaxSessionsPerClient = null);
        clients.Add(await bed.ConnectServedAsync(backend));
        await ChangeAsync(bed, own => own.MaxSessionsPerClient = 2);

        // One of the two came while nothing was limited, and was not counted.
        await bed.ConnectServedAsync(backend);
        await bed.ConnectRefusedAsync();
    });

    [Fact]
    public Task Apply_Backlog_IsThatOfTheSocketFromThenOn() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => { own.MaxSessions = 1; own.Backlog = 1; }));
        await bed.ConnectServedAsync(backend);
        await bed.ConnectAsync();
        var beyond = bed.ClientHost.ConnectAsync(bed.Proxy.LocalEndPoints[0], new TransportConnectOptions(), Cancelled).AsTask();
        await bed.DelayAsync(500);
        Assert.False(beyond.IsCompleted);
        await ChangeAsync(bed, own => own.Backlog = 2);
        Assert.True((await beyond).IsConnected);
    });

    [Fact]
    public Task Apply_Route_HoldsForNewSessionsOnly() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        await ApplyAsync(bed, new ListenerOptions(bed.Proxy.LocalEndPoints[0], static _ => null));
        await bed.ConnectRefusedAsync();
        Assert.Equal(1, bed.Refused("no_route"));
        await ApplyAsync(bed, new ListenerOptions(bed.Proxy.LocalEndPoints[0], static _ => Other));
        await bed.ConnectServedAsync(backend);
        Assert.Equal(2, bed.Router.Destinations.Count());
    });

    private static ListenerOptions Keyed(SimulatedProxy bed, string key) => bed.NewListener().With(own => own.Key = key);

    private static async Task<SimulatedBackend> StartAsync(SimulatedProxy bed, params ListenerOptions[] listeners)
    {
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.StartAsync(new TcpProxyOptions { Listeners = listeners });
        await bed.ResolvedAsync();
        return backend;
    }

    private static Task ApplyAsync(SimulatedProxy bed, params ListenerOptions[] listeners) =>
        bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.Listeners = listeners), Cancelled);

    private static async Task ChangeAsync(SimulatedProxy bed, Action<ListenerOptions> change) =>
        Assert.True(await bed.Proxy.ChangeListenerAsync(bed.Proxy.LocalEndPoints[0], bed.Proxy.Options.Listeners[0].With(change), Cancelled));

    private static async Task AssertEchoAsync(TransportConnection client, TransportConnection server)
    {
        await client.SendTextAsync("ping");
        Assert.EndsWith("ping", await server.ReadTextAsync(4), StringComparison.Ordinal);
        await server.SendTextAsync("pong");
        Assert.Equal("pong", await client.ReadTextAsync(4));
    }

    private sealed class Records : List<SessionRecord>, ISessionObserver
    {
        public void OnSessionEnded(SessionRecord record) => Add(record);
    }
}
