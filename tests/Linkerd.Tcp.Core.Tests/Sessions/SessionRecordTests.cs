using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

public sealed class SessionRecordTests
{
    [Fact]
    public Task Record_SessionWasServed_SaysEverything() => RunAsync(async (bed, records) =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => own.Preludes = [new LinePrelude()]));
        await bed.DelayAsync(1000);
        var start = bed.Scheduler.TimeProvider.GetUtcNow();
        var client = await bed.ConnectAsync();
        await bed.DelayAsync(300);
        await client.SendTextAsync("192.0.2.7:4711\nhello");
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal("hello", await backend.Accepted[0].ReadTextAsync(5));
        await bed.DelayAsync(400);
        await backend.Accepted[0].SendTextAsync("you");
        Assert.Equal("you", await client.ReadTextAsync(3));
        await bed.DelayAsync(2000);
        client.ShutdownSend();
        backend.Accepted[0].ShutdownSend();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        var record = Assert.Single(records);
        Assert.InRange((record.Start - start).TotalMilliseconds, 0, 100);
        Assert.Equal((bed.Proxy.LocalEndPoints[0], client.LocalEndPoint, IPEndPoint.Parse("192.0.2.7:4711")), (record.Session.Listener, record.Session.Peer, record.Session.Client));
        Assert.Equal((client.RemoteEndPoint, null, null), (record.Session.Local, record.Session.ServerName, record.Session.ApplicationProtocol));
        Assert.Equal((SimulatedProxy.Name, backend.Address, CloseReason.Normal, null), (record.Session.Name, record.Server, record.Reason, record.Detail));
        Assert.Equal((5L, 5L, 3L, 3L, 1), (record.BytesFromClient, record.BytesToServer, record.BytesFromServer, record.BytesToClient, record.Attempts));
        Assert.InRange(record.Prelude.TotalMilliseconds, 299, 400);
        Assert.InRange(record.Establishing, record.Connecting, TimeSpan.FromMilliseconds(200));
        Assert.NotEqual(TimeSpan.Zero, record.Connecting);
        Assert.InRange(record.Duration.TotalMilliseconds, 2700, 3200);
        Assert.Equal((true, TimeSpan.Zero, null, null), (record.HasEnded, record.Queued, record.ServerTls, record.Session.ClientTls));
        Assert.InRange(record.FirstByte!.Value.TotalMilliseconds, 700, 1000);
    });

    [Fact]
    public Task Record_ServerSaidNothing_HasNoFirstByte() => RunAsync(async (bed, records) =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        await bed.EndAsync(await bed.ConnectServedAsync(backend));
        Assert.Null(Assert.Single(records).FirstByte);
    });

    [Fact]
    public Task Record_SessionWaitedForAnEndpoint_HasTheTimeInTheQueue() => RunAsync(async (bed, records) =>
    {
        bed.Balancing = new BalancerOptions { MaxConnections = 1 };
        var backend = await bed.StartAsync(bed.NewListener());
        var first = await bed.ConnectServedAsync(backend);
        var second = await bed.ConnectAsync();
        await bed.DelayAsync(700);
        await bed.EndAsync(first);
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        await bed.EndAsync(second);
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        Assert.Equal(TimeSpan.Zero, records[0].Queued);
        Assert.InRange(records[1].Queued.TotalMilliseconds, 600, 1100);
        Assert.InRange(records[1].Establishing, records[1].Queued, records[1].Queued + TimeSpan.FromMilliseconds(300));
    });

    [Fact]
    public Task Started_ObserverWantsIt_IsToldOnceBeforeTheEnd() => SimulatedProxy.RunAsync(async bed =>
    {
        var (started, ended) = (new List<SessionRecord>(), new List<SessionRecord>());
        bed.Observer = new StartObserver(started.Add, ended.Add);
        var backend = await bed.StartAsync(bed.NewListener());
        var client = await bed.ConnectServedAsync(backend);
        var start = Assert.Single(started);
        Assert.Empty(ended);
        Assert.Equal((false, CloseReason.Normal, backend.Address, 1, 0L), (start.HasEnded, start.Reason, start.Server, start.Attempts, start.BytesToServer));
        await bed.DelayAsync(500);
        var running = Assert.Single(bed.Proxy.Sessions);
        Assert.Equal((false, start.Session.Id, start.Server), (running.HasEnded, running.Session.Id, running.Server));
        Assert.InRange(running.Duration, start.Duration + TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(2));
        await bed.EndAsync(client);
        Assert.Equal(start.Session.Id, Assert.Single(ended).Session.Id);
        Assert.Empty(bed.Proxy.Sessions);
        Assert.Single(started);
    });

    [Fact]
    public Task Sessions_NoObserver_HaveNoTimes() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        await bed.ConnectServedAsync(backend);
        var open = Assert.Single(bed.Proxy.Sessions);
        Assert.Equal((false, backend.Address, 0, TimeSpan.Zero), (open.HasEnded, open.Server, open.Attempts, open.Establishing));
    });

    [Fact]
    public Task Refused_ObserverWantsThem_HasARecord() => SimulatedProxy.RunAsync(async bed =>
    {
        var ended = new List<SessionRecord>();
        bed.Observer = new StartObserver(_ => { }, ended.Add);
        await bed.StartAsync(bed.NewListener().With(own => (own.AcceptRate, own.AcceptBurst) = (0.001, 1)));
        await bed.ConnectAsync();
        var refused = await bed.ConnectAsync();
        await SimulatedProxy.ExpectResetAsync(refused);
        await bed.UntilAsync(() => ended.Count == 1);
        Assert.Equal(("PA:accept_rate", null, refused.LocalEndPoint, true), (ended[0].Reason.ToString(), ended[0].Server, ended[0].Session.Client, ended[0].HasEnded));
    });

    [Fact]
    public Task Record_NoServerAnswers_SaysWhatWasTried() => RunAsync(async (bed, records) =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        backend.Endpoint.Fail(ConnectFailure.Unreachable);
        await bed.ConnectRefusedAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        var record = Assert.Single(records);
        Assert.Equal(("SC", null), (record.Reason.ToString(), record.Server));
        Assert.NotNull(record.Detail);
        Assert.InRange(record.Attempts, 2, 1000);
        Assert.Equal(TimeSpan.Zero, record.Prelude);
        Assert.InRange(record.Establishing.TotalSeconds, 9.9, 10.2);
        Assert.Equal((0L, 0L), (record.BytesFromClient, record.BytesToServer));
    });

    [Fact]
    public Task Record_RefusedInItsPrelude_SaysWhy() => RunAsync(async (bed, records) =>
    {
        await bed.StartAsync(bed.NewListener().With(own => own.Preludes = [new LinePrelude()]));
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("nonsense\n");
        await SimulatedProxy.ExpectResetAsync(client);
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        var record = Assert.Single(records);
        Assert.Equal(("PA:prelude", "'nonsense' is no address", null, 0), (record.Reason.ToString(), record.Detail, record.Session.Name, record.Attempts));
        Assert.Equal((record.Duration, TimeSpan.Zero), (record.Prelude, record.Establishing));
    });

    [Fact]
    public Task Record_ManySessions_IdsAreUnique() => RunAsync(async (bed, records) =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        for (var i = 0; i < 20; i++)
        {
            await bed.EndAsync(await bed.ConnectServedAsync(backend));
        }

        Assert.Equal(20, records.Select(record => record.Session.Id).Distinct().Count());
    });

    [Fact]
    public Task Observer_Throws_SessionsCostNothingAndItIsLoggedOnceInAWhile() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Observer = new Observer(_ => throw new InvalidOperationException("The observer has a bug."));
        var backend = await bed.StartAsync(bed.NewListener().With(own => { own.MaxSessions = 1; own.MaxSessionsPerClient = 1; }), destinationSessions: 1);
        for (var i = 0; i < 3; i++)
        {
            await bed.EndAsync(await bed.ConnectServedAsync(backend));
        }

        Assert.Equal((1, 0), (bed.Logs.Count(4103), bed.Logs.Count(4102)));
        Assert.Equal(3, bed.Counters.CountAll("linkerd.tcp.sessions.closed"));
    });

    private static Task RunAsync(Func<SimulatedProxy, List<SessionRecord>, Task> test) => SimulatedProxy.RunAsync(bed =>
    {
        var records = new List<SessionRecord>();
        bed.Observer = new Observer(records.Add);
        return test(bed, records);
    });

    private sealed class Observer(Action<SessionRecord> observe) : ISessionObserver
    {
        public void OnSessionEnded(SessionRecord record) => observe(record);
    }

    private sealed class StartObserver(Action<SessionRecord> started, Action<SessionRecord> ended) : ISessionObserver
    {
        public bool ObservesStarts => true;

        public bool ObservesRefusals => true;

        public void OnSessionStarted(SessionRecord record) => started(record);

        public void OnSessionEnded(SessionRecord record) => ended(record);
    }
}
