using System.Diagnostics.Metrics;
using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>What a refusal counts for: nothing, at an endpoint that is well and has a breaker, once for each endpoint and session.</summary>
public sealed class RefusalTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly DstPath Name = DstPath.Parse("/svc/web");
    private static readonly EndPoint ClientAddress = new IPEndPoint(IPAddress.Loopback, 50_000);
    private static readonly RetryBudgetOptions NoBudget = new() { PerSecond = 0, PerSession = 0 };

    private readonly Meter _meter = new("test");

    public void Dispose() => _meter.Dispose();

    [Theory]
    [MemberData(nameof(Balancers))]
    public async Task Connect_AllButOneRefuse_IsServedWithoutABudget(BalancerKind kind)
    {
        var transport = new ScriptedTransport((to, _, _) => new(PortOf(to) == 7 ? Connected(to) : ConnectResult.Failed(ConnectFailure.Refused)));
        await using var router = RouterOf(40, kind, NoBudget);
        for (var i = 0; i < 10; i++)
        {
            var outcome = await ConnectAsync(router, transport);
            Assert.True(outcome.IsConnected, $"{outcome.Reason}: {outcome.Detail}");
            Assert.Equal(transport.Attempts.Count, transport.Attempts.Select(attempt => attempt.To).Distinct().Count());
            transport.Attempts.Clear();
            outcome.Lease.Complete();
        }
    }

    [Fact]
    public async Task Connect_RefusedOftenThenSilent_TimeOutsCountAsEver()
    {
        // The first eight that are met refuse, the others do not answer.
        var met = new HashSet<EndPoint>();
        var transport = new ScriptedTransport((to, _, _) => new(ConnectResult.Failed((met.Add(to) && met.Count <= 8) ? ConnectFailure.Refused : ConnectFailure.TimedOut)));
        await using var router = RouterOf(20);
        var outcome = await ConnectAsync(router, transport);
        Assert.Equal(("sC", 8 + 3, 11), (outcome.Reason.ToString(), outcome.Attempts, met.Count));
    }

    [Fact]
    public async Task Connect_SilentAndTheBudgetIsSpent_IsNotTriedAgain()
    {
        var transport = new ScriptedTransport((_, _, _) => new(ConnectResult.Failed(ConnectFailure.TimedOut)));
        await using var router = RouterOf(20, budget: NoBudget);
        Assert.Equal(("PQ:retry_budget", 1), await EndOfAsync(router, transport));
    }

    [Fact]
    public async Task Connect_OneAttemptAtMost_RefusalIsTheEnd()
    {
        await using var router = RouterOf(20);
        Assert.Equal(("SC", 1), await EndOfAsync(router, Refusing(), new ConnectOptions { MaxAttempts = 1 }));
    }

    [Fact]
    public async Task Connect_BreakersAreOff_RefusalsCount()
    {
        await using var router = RouterOf(20, breaker: new CircuitBreakerOptions { Failures = 0 });
        Assert.Equal(("SC", 3), await EndOfAsync(router, Refusing()));
    }

    [Fact]
    public async Task Connect_AllAreEjected_PanicAttemptsCount()
    {
        await using var router = RouterOf(20);
        foreach (var endpoint in router.Get(Name).Balancer.Endpoints)
        {
            Assert.True(endpoint.Eject(TimeSpan.FromHours(1)));
        }

        Assert.Equal(("SC", 3), await EndOfAsync(router, Refusing()));
    }

    [Fact]
    public async Task Connect_EveryEndpointRefuses_EachHasFiveFreeRefusals()
    {
        const int Count = 10;
        var transport = Refusing();
        await using var router = RouterOf(Count);
        var attempts = new List<int>();
        for (var i = 0; i < 30; i++)
        {
            attempts.Add((await EndOfAsync(router, transport)).Attempts);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"connects by session: {string.Join(' ', attempts)}; {attempts.Average():0.0} in the mean");
        Assert.InRange(attempts.Max(), Count, Count + 3);
        Assert.InRange(attempts.Sum(attempt => Math.Max(0, attempt - 3)), 1, 5 * Count);
        Assert.All(attempts.Skip(5), attempt => Assert.InRange(attempt, 1, 3));
        Assert.All(router.Get(Name).Balancer.Endpoints, endpoint => Assert.Equal((BreakerState.Open, 0), (endpoint.Breaker, endpoint.Load)));
    }

    [Theory]
    [InlineData(BalancerKind.P2c, 5000)]
    [InlineData(BalancerKind.PeakEwma, 5000)]
    [InlineData(BalancerKind.LeastConnections, 5000)]
    [InlineData(BalancerKind.RoundRobin, 5000)]
    [InlineData(BalancerKind.Random, 5000)]
    [InlineData(BalancerKind.Maglev, 1000)]
    public async Task Connect_ThousandsRefuse_EachIsTriedOnceAndOthersHaveTheirTurn(BalancerKind kind, int count)
    {
        var executor = new CountingExecutor();
        var transport = Refusing();
        await using var router = RouterOf(count, kind);
        var startedAt = TimeProvider.System.GetTimestamp();
        var outcome = await ConnectAsync(router, transport, executor: executor);
        TestContext.Current.TestOutputHelper!.WriteLine($"{outcome.Attempts} attempts, {executor.Posts} turns, {TimeProvider.System.GetElapsedTime(startedAt).TotalMilliseconds:0} ms");
        Assert.Equal(("SC", count + 3), (outcome.Reason.ToString(), outcome.Attempts));
        Assert.Equal(count, transport.Attempts.Take(count).Select(attempt => attempt.To).Distinct().Count());
        Assert.InRange(executor.Posts, count / 16, int.MaxValue);
    }

    [Fact]
    public async Task Connect_DeadlineIsOver_NoFurtherEndpointIsTried()
    {
        using var deadline = new CancellationTokenSource();
        ScriptedTransport? transport = null;
        transport = new ScriptedTransport((_, _, _) =>
        {
            if (transport!.Attempts.Count == 7)
            {
                deadline.Cancel();
            }

            return new(ConnectResult.Failed(ConnectFailure.Refused));
        });
        await using var router = RouterOf(20);
        var outcome = await ConnectAsync(router, transport, giveUp: deadline);
        Assert.Equal(("SC", 7), (outcome.Reason.ToString(), outcome.Attempts));
    }

    public static TheoryData<BalancerKind> Balancers => [.. Enum.GetValues<BalancerKind>()];

    private static int PortOf(EndPoint endPoint) => ((IPEndPoint)endPoint).Port;

    private static ConnectResult Connected(EndPoint to) => ConnectResult.Connected(new StillConnection(ClientAddress, to));

    private static ScriptedTransport Refusing() => new((_, _, _) => new(ConnectResult.Failed(ConnectFailure.Refused, "nobody there")));

    private static DestinationRegistry RouterOf(int count, BalancerKind kind = BalancerKind.P2c, RetryBudgetOptions? budget = null, CircuitBreakerOptions? breaker = null)
    {
        var router = new DestinationRegistry(_ => new DestinationOptions
        {
            Resolver = new StaticResolver(Enumerable.Range(1, count).Select(EndPoint (port) => new IPEndPoint(IPAddress.Loopback, port)).ToArray()),
            Balancer = kind,
            Balancing = new BalancerOptions { Random = RandomSource.Seeded(3), Breaker = breaker ?? new() },
            RetryBudget = budget ?? new(),
        });
        Assert.True(SpinWait.SpinUntil(() => router.Get(Name).Updates == 1, Patience));
        return router;
    }

    private async Task<(string Reason, int Attempts)> EndOfAsync(DestinationRegistry router, ScriptedTransport transport, ConnectOptions? policy = null)
    {
        var outcome = await ConnectAsync(router, transport, policy);
        return (outcome.Reason.ToString(), outcome.Attempts);
    }

    private async Task<Establishment> ConnectAsync(
        DestinationRegistry router, ScriptedTransport transport, ConnectOptions? policy = null, TransportExecutor? executor = null, CancellationTokenSource? giveUp = null)
    {
        var dialer = new Dialer(transport, new TcpOptions(), new ConnectInstruments(_meter));
        var connecting = TestRequester.EstablishAsync(
            dialer, router.Get(Name), policy, executor, cancellationToken: giveUp?.Token ?? TestContext.Current.CancellationToken);
        return await connecting.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>The thread pool, as an executor on which everybody is at home already: what is posted was asked for.</summary>
    private sealed class CountingExecutor : TransportExecutor
    {
        private int _posts;

        public int Posts => _posts;

        public override TimeProvider TimeProvider => TimeProvider.System;

        public override bool IsCurrent => true;

        public override void Post(Action<object?> action, object? state)
        {
            Interlocked.Increment(ref _posts);
            ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
        }
    }
}
