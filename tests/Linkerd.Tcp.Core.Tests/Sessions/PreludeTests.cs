using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

/// <summary>What happens on a client's connection before its session has a destination.</summary>
public sealed class PreludeTests
{
    private const int Refused = 4005;
    private const int SessionFailed = 4102;
    private const string Header = "192.0.2.7:4711\n";

    [Fact]
    public Task Header_SplitAtAnyByte_IsReadAndTheRestGoesToTheServer() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(ListenerWith(bed, new LinePrelude()));
        var sent = Header + "hello";
        for (var at = 0; at <= sent.Length; at++)
        {
            var client = await bed.ConnectAsync();
            await client.SendTextAsync(sent[..at]);
            await bed.DelayAsync(10);
            await client.SendTextAsync(sent[at..]);
            await bed.UntilAsync(() => backend.Accepted.Count == 1);
            Assert.Equal("hello", await backend.Accepted[0].ReadTextAsync(5));
            await backend.Accepted[0].SendTextAsync("world");
            Assert.Equal("world", await client.ReadTextAsync(5));
            await bed.EndAsync(client);
            backend.Accepted.Clear();
        }
    }, seeds: 5);

    [Fact]
    public Task Header_ByteByByte_IsRead() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(ListenerWith(bed, new LinePrelude()));
        var client = await bed.ConnectAsync();
        foreach (var letter in Header + "x")
        {
            await client.SendTextAsync(letter.ToString());
            await bed.DelayAsync(5);
        }

        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal("x", await backend.Accepted[0].ReadTextAsync(1));
    });

    [Fact]
    public Task Header_WithMoreDataThanTheCap_IsRead() => SimulatedProxy.RunAsync(async bed =>
    {
        // The cap is for what is looked at in vain, and not for what the client sends early.
        var backend = await bed.StartAsync(ListenerWith(bed, new LinePrelude()).With(own => own.MaxPreludeBytes = 64));
        var client = await bed.ConnectAsync();
        var data = new string('d', 20_000);
        var sending = client.SendTextAsync(Header + data);
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal(data, await backend.Accepted[0].ReadTextAsync(data.Length));
        await sending;
    });

    [Fact]
    public Task Prelude_OnlyLooks_NextOneAndTheServerSeeTheSame() => SimulatedProxy.RunAsync(async bed =>
    {
        var (first, second) = (new LinePrelude(takes: false), new LinePrelude(takes: false));
        var backend = await bed.StartAsync(ListenerWith(bed, first, second));
        var client = await bed.ConnectAsync();
        await client.SendTextAsync(Header);
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal(Header, await backend.Accepted[0].ReadTextAsync(Header.Length));
        Assert.InRange(second.Looks, 1, first.Looks);
    }, seeds: 5);

    [Fact]
    public Task Client_IsSilent_IsResetAtTheTimeout() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(ListenerWith(bed, new LinePrelude()));
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("192.0");
        await SimulatedProxy.ExpectResetAsync(client);
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 5, 5.2);
        await AssertEndedAsync(bed, "cA");
        Assert.Equal((0, 0), (bed.Logs.Count(Refused), bed.Logs.Count(SessionFailed)));
    });

    [Fact]
    public Task Client_TakesItsTimeInEachPrelude_OneTimeoutHolds() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(ListenerWith(bed, new LinePrelude(), new LinePrelude()));
        var client = await bed.ConnectAsync();
        await bed.DelayAsync(4000);
        await client.SendTextAsync(Header);
        await SimulatedProxy.ExpectResetAsync(client);
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 5, 5.2);
        await AssertEndedAsync(bed, "cA");
    });

    [Fact]
    public Task Client_IsSlowAndThereIsNoTimeout_IsServed() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(ListenerWith(bed, new LinePrelude()).With(own => own.PreludeTimeout = Timeout.InfiniteTimeSpan));
        var client = await bed.ConnectAsync();
        await bed.DelayAsync(3_600_000);
        await client.SendTextAsync(Header + "x");
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal("x", await backend.Accepted[0].ReadTextAsync(1));
    });

    [Fact]
    public Task Client_SendsMoreThanTheCap_IsRefusedAndLogged() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(ListenerWith(bed, new LinePrelude()).With(own => own.MaxPreludeBytes = 100));
        var client = await bed.ConnectAsync();
        await client.SendTextAsync(new string('x', 100));
        await SimulatedProxy.ExpectResetAsync(client);
        await AssertEndedAsync(bed, "PA:prelude");
        Assert.Equal(1, bed.Refused("prelude"));
        Assert.Contains("was refused: prelude, the first 100 bytes say too little", bed.Logs.Entries.Single(entry => entry.Id == Refused).Message, StringComparison.Ordinal);
        Assert.Equal(0, bed.Logs.Count(4101));
    });

    [Fact]
    public Task Client_SendsNonsense_IsRefusedAndLoggedOnceInAWhile() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(ListenerWith(bed, new LinePrelude()));
        for (var i = 0; i < 5; i++)
        {
            var client = await bed.ConnectAsync();
            await client.SendTextAsync("GET / HTTP/1.1\r\n");
            await SimulatedProxy.ExpectResetAsync(client);
        }

        await bed.UntilAsync(() => bed.Closed("PA:prelude") == 5);
        Assert.Equal((5, 1), ((int)bed.Refused("prelude"), bed.Logs.Count(Refused)));
        Assert.Equal((0, 0), (bed.Proxy.ActiveSessions, bed.Destination.SessionLimit?.Active ?? 0));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Client_Leaves_SessionEnds(bool resets) => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(ListenerWith(bed, new LinePrelude()));
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("192.0");
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 1);
        if (resets)
        {
            client.Abort();
        }
        else
        {
            client.ShutdownSend();
        }

        await AssertEndedAsync(bed, "CA");
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Drain_SessionIsInItsPrelude_ClientIsReset(bool disposes) => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(ListenerWith(bed, new LinePrelude()));
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 1);
        if (disposes)
        {
            await bed.Proxy.DisposeAsync();
        }
        else
        {
            Assert.Equal(1, await bed.Proxy.DrainAsync(TimeSpan.Zero, CancellationToken.None));
        }

        await SimulatedProxy.ExpectResetAsync(client);
        await AssertEndedAsync(bed, "KA");
    });

    [Fact]
    public Task Drain_SessionIsInItsPrelude_MayGoOnWithinTheGrace() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(ListenerWith(bed, new LinePrelude()));
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 1);
        var draining = bed.Proxy.DrainAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
        await client.SendTextAsync(Header + "x");
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        client.Abort();
        Assert.Equal(0, await draining);
    });

    [Fact]
    public Task Prelude_Throws_SessionEndsAndItIsLogged() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(ListenerWith(bed, new ActingPrelude(_ => throw new InvalidOperationException("The prelude has a bug."))));
        await bed.ConnectRefusedAsync();
        await AssertEndedAsync(bed, "PA");
        Assert.Equal(1, bed.Logs.Count(SessionFailed));
    });

    [Fact]
    public Task Prelude_WaitsElsewhere_IsCancelledAtTheTimeout() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(ListenerWith(bed, new ActingPrelude(async run =>
        {
            var cancelled = new TaskCompletionSource();
            await using (run.CancellationToken.Register(cancelled.SetResult))
            {
                await cancelled.Task;
            }

            return PreludeResult.Refused("too late to count");
        })));
        await bed.ConnectRefusedAsync();
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 5, 5.2);
        await AssertEndedAsync(bed, "cA");
    });

    [Fact]
    public Task Prelude_PutsALayerOverTheConnection_SessionUsesIt() => SimulatedProxy.RunAsync(async bed =>
    {
        var layers = new List<UpperCaseLayer>();
        var backend = await bed.StartAsync(ListenerWith(
            bed,
            new LinePrelude(),
            new ActingPrelude(run =>
            {
                layers.Add(new UpperCaseLayer(run.Connection));
                run.Connection = layers[^1];
                return new(PreludeResult.Done);
            })));
        var client = await bed.ConnectAsync();
        await client.SendTextAsync(Header + "hello");
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal("HELLO", await backend.Accepted[0].ReadTextAsync(5));
        await bed.EndAsync(client);
        Assert.True(layers.Single().IsDisposed);
    });

    [Fact]
    public Task Client_IsNamedByThePrelude_LimitsCountThatOne() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(ListenerWith(bed, new LinePrelude()).With(own => own.MaxSessionsPerClient = 1));
        var one = await bed.ConnectAsync();
        await one.SendTextAsync(Header + "x");
        await bed.UntilAsync(() => backend.Accepted.Count == 1);

        // The same address by the header is one too many, whatever its socket; another one by the header is not, although the socket's is the same.
        var same = await bed.ConnectAsync(bed.ClientAt("10.9.9.9"));
        await same.SendTextAsync(Header + "x");
        await SimulatedProxy.ExpectResetAsync(same);
        var other = await bed.ConnectAsync();
        await other.SendTextAsync("192.0.2.8:4711\nx");
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        await bed.UntilAsync(() => bed.Refused("client_sessions") == 1);
        Assert.StartsWith("192.0.2.7:4711 to /svc/web was refused: client_sessions", bed.Logs.Entries.Single(entry => entry.Id == Refused).Message, StringComparison.Ordinal);
        await bed.EndAsync(one);
        var again = await bed.ConnectAsync();
        await again.SendTextAsync(Header + "x");
        await bed.UntilAsync(() => backend.Accepted.Count == 3);
    });

    [Fact]
    public Task Client_IsNamedByThePrelude_PicksHashThatOne() => SimulatedProxy.RunAsync(async bed =>
    {
        var backends = new List<SimulatedBackend>();
        for (var i = 0; i < 20; i++)
        {
            backends.Add(await bed.AddBackendAsync());
        }

        bed.Configure = options => options.With(own => own.BalancerFactory = () => LoadBalancers.Create(BalancerKind.Maglev, new BalancerOptions { Random = bed.Random, TimeProvider = bed.Scheduler.TimeProvider }));
        bed.Resolver.Update(EndpointSet.Create([.. backends.Select(backend => backend.Address)]));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [ListenerWith(bed, new LinePrelude())] });
        await bed.ResolvedAsync();
        for (var i = 0; i < 10; i++)
        {
            var client = await bed.ConnectAsync(bed.ClientAt($"10.8.0.{i + 1}"));
            await client.SendTextAsync(Header + "x");
            await bed.UntilAsync(() => backends.Sum(backend => backend.Accepted.Count) == i + 1);
        }

        Assert.Single(backends, backend => backend.Accepted.Count > 0);
    });

    [Fact]
    public Task Connect_AfterThePrelude_HasAllOfTheConnectTimeout() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(ListenerWith(bed, new LinePrelude()));
        backend.Endpoint.Blackhole();
        var client = await bed.ConnectAsync();
        await bed.DelayAsync(4000);
        await client.SendTextAsync(Header);
        await SimulatedProxy.ExpectResetAsync(client);
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 14, 14.2);
        await AssertEndedAsync(bed, "sC");
    });

    private static ListenerOptions ListenerWith(SimulatedProxy bed, params IPrelude[] preludes) => bed.NewListener().With(own => own.Preludes = preludes);

    private static async Task AssertEndedAsync(SimulatedProxy bed, string reason)
    {
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        Assert.Equal((1, 1), ((int)bed.Closed(reason), (int)bed.Counters.CountAll("linkerd.tcp.sessions.closed")));
        Assert.Equal(0, bed.ProxyHost.Descriptors);
        Assert.All(bed.Destination.Balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Load));
    }

    private sealed class ActingPrelude(Func<PreludeRun, ValueTask<PreludeResult>> act) : IPrelude
    {
        public ValueTask<PreludeResult> RunAsync(PreludeRun run) => act(run);
    }

    /// <summary>A layer as TLS will be one: what is received through it is not what is on the wire.</summary>
    private sealed class UpperCaseLayer(TransportConnection inner) : TransportConnection
    {
        private byte[] _upper = [];

        public bool IsDisposed { get; private set; }

        public override EndPoint? LocalEndPoint => inner.LocalEndPoint;

        public override EndPoint? RemoteEndPoint => inner.RemoteEndPoint;

        public override TransportExecutor Executor => inner.Executor;

        public override TransportTimer Deadline => inner.Deadline;

        public override long BytesReceived => inner.BytesReceived;

        public override int UnreadBytes => inner.UnreadBytes;

        public override long BytesSent => inner.BytesSent;

        public override bool IsReset => inner.IsReset;

        public override bool HasPeerClosed => inner.HasPeerClosed;

        public override async ValueTask<ReceiveResult> ReceiveAsync()
        {
            var received = await inner.ReceiveAsync();
            _upper = System.Text.Encoding.ASCII.GetBytes(System.Text.Encoding.ASCII.GetString(received.Data.Span).ToUpperInvariant());
            return received.Data.IsEmpty ? received : new(received.Status, _upper);
        }

        public override void Advance(int consumed) => inner.Advance(consumed);

        public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data) => inner.SendAsync(data);

        public override void ShutdownSend() => inner.ShutdownSend();

        public override ValueTask<bool> FlushToPeerAsync() => inner.FlushToPeerAsync();

        public override void Abort() => inner.Abort();

        public override ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return inner.DisposeAsync();
        }
    }
}
