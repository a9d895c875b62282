using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>A destination, and all of a router, that take other options while they run.</summary>
public sealed class DestinationConfigureTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly DstPath Name = DstPath.Parse("/svc/web");
    private static readonly EndPoint[] Addresses = [.. Enumerable.Range(1, 4).Select(port => new IPEndPoint(IPAddress.Loopback, port))];

    private readonly FakeTimeProvider _time = new();
    private readonly LogRecorder _logs = new();
    private readonly StaticResolver _resolver = new(Addresses);
    private readonly DestinationRegistry _router;

    public DestinationConfigureTests() => _router = new DestinationRegistry(_ => NewOptions(), _logs, timeProvider: _time, random: RandomSource.Seeded(1));

    public ValueTask DisposeAsync() => _router.DisposeAsync();

    public static TheoryData<BalancerKind, BalancerKind> Kinds => new(
        from before in Enum.GetValues<BalancerKind>()
        from after in Enum.GetValues<BalancerKind>()
        select (before, after));

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Balancer_AnotherAlgorithm_EndpointsKeepTheirState(BalancerKind before, BalancerKind after)
    {
        var destination = await StartAsync(NewOptions(own => own.Balancer = before));
        var endpoints = destination.Balancer.Endpoints;
        var leases = Enumerable.Range(0, 40).Select(_ => Pick(destination)).ToList();
        foreach (var lease in leases.Take(20))
        {
            lease.Connected(TimeSpan.FromMilliseconds(3));
        }

        endpoints[0].Drain();
        endpoints[1].OverrideWeight(3);
        Assert.True(endpoints[2].Eject(TimeSpan.FromHours(1)));
        for (var i = 0; i < 5; i++)
        {
            Fail(destination, endpoints[3]);
        }

        var expected = endpoints.SelectMany(endpoint => endpoint.Snapshot().Values()).ToList();
        var balancer = destination.Balancer;
        destination.Configure(NewOptions(own => (own.Balancer, own.Balancing.HashBalanceFactor) = (after, 150)));
        Assert.Same(balancer, destination.Balancer);
        Assert.Equal(endpoints, destination.Balancer.Endpoints);
        Assert.Equal(expected, destination.Balancer.Endpoints.SelectMany(endpoint => endpoint.Snapshot().Values()));

        // What was picked before is given back to the endpoint that it was taken of.
        leases.ForEach(static lease => lease.Complete());
        Assert.All(destination.Balancer.Endpoints, endpoint => Assert.Equal((0, 0), (endpoint.Load, endpoint.Open)));
        endpoints[3].Reset();
        Assert.Equal(PickResult.Picked, destination.Balancer.Pick(default, out var last));
        Assert.Contains(last.Endpoint, new[] { endpoints[1], endpoints[3] });
        last.Complete();
    }

    [Fact]
    public async Task Balancing_LimitsOfEndpoints_HoldFromThenOnAndCutNobody()
    {
        var destination = await StartAsync(NewOptions());
        var leases = Enumerable.Range(0, 12).Select(_ => Pick(destination)).ToList();
        destination.Configure(NewOptions(static own => own.Balancing.MaxConnections = 2));
        Assert.Equal(12, destination.Balancer.Endpoints.Sum(endpoint => endpoint.Load));
        Assert.Equal(PickResult.AtLimit, destination.Balancer.Pick(default, out _));
        leases.ForEach(static lease => lease.Complete());
        for (var i = 0; i < 8; i++)
        {
            Pick(destination);
        }

        Assert.All(destination.Balancer.Endpoints, endpoint => Assert.Equal(2, endpoint.Load));
        Assert.Equal(PickResult.AtLimit, destination.Balancer.Pick(default, out _));
        destination.Configure(NewOptions(static own => own.Balancing.MaxConnections = 3));
        Assert.Equal(PickResult.Picked, destination.Balancer.Pick(default, out _));
        destination.Configure(NewOptions());
        Assert.Equal(PickResult.Picked, destination.Balancer.Pick(default, out _));
        Assert.All(destination.Balancer.Endpoints, endpoint => Assert.Equal(AdmissionGate.None, endpoint.Gate));
    }

    [Fact]
    public async Task Balancing_LimitGrows_ThoseWhoWaitAreServed()
    {
        var destination = await StartAsync(NewOptions(static own => own.Balancing.MaxConnections = 1));
        for (var i = 0; i < 4; i++)
        {
            Pick(destination);
        }

        var waiter = destination.Waiters.TryEnqueue(new TestRequester(new ThreadPoolExecutor(TimeProvider.System)), null, CancellationToken.None)!;
        Assert.Equal(1, destination.PendingSessions);
        destination.Configure(NewOptions(static own => own.Balancing.MaxConnections = 2));
        await waiter.Task.AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal((PickResult.Picked, 0), (waiter.Result.Picked, destination.PendingSessions));
    }

    [Fact]
    public async Task Balancing_BreakerAndSlowStart_HoldFromThenOn()
    {
        var destination = await StartAsync(NewOptions(static own => own.Balancing.Breaker.Failures = 0));
        var endpoint = destination.Balancer.Endpoints[0];
        Fail(destination, endpoint);
        Fail(destination, endpoint);
        Assert.False(endpoint.IsEjected);
        destination.Configure(NewOptions(static own => own.Balancing.Breaker.Failures = 3));
        Fail(destination, endpoint);
        Assert.True(endpoint.IsEjected);
        endpoint.Reset();
        endpoint.StartRamp(_time.GetTimestamp());
        Assert.Equal(0.1, endpoint.Snapshot().EffectiveWeight, 3);
        destination.Configure(NewOptions(static own => own.Balancing.SlowStart.Floor = 0.5));
        Assert.Equal(0.5, endpoint.Snapshot().EffectiveWeight, 3);
        destination.Configure(NewOptions(static own => own.Balancing.SlowStart.Window = TimeSpan.Zero));
        Assert.Equal(1, endpoint.Snapshot().EffectiveWeight, 3);
    }

    [Fact]
    public async Task Resolver_Another_TheSetInForceIsKeptUntilItAnswers()
    {
        var destination = await StartAsync(NewOptions());
        var held = Pick(destination);
        var other = new StaticResolver();
        other.Update(Resolution.Pending.Instance);
        destination.Configure(NewOptions(own => own.Resolver = other));
        await UntilAsync(destination, () => destination.Resolution is Resolution.Pending);
        Assert.Equal(4, destination.Balancer.Endpoints.Count);

        // Nobody hears the old one any more.
        _resolver.Update(EndpointSet.Empty);
        var updates = destination.Updates;
        other.Update(EndpointSet.Create([.. Addresses[..2], new IPEndPoint(IPAddress.Loopback, 9)]));
        await UntilAsync(destination, () => destination.Updates > updates);
        Assert.Equal((3, updates + 1, other), (destination.Balancer.Endpoints.Count, destination.Updates, destination.Options.Resolver));
        Assert.Equal(Addresses.Contains(held.Endpoint!.Address) ? 1 : 0, held.Endpoint.Load);
    }

    [Fact]
    public async Task Resolver_TheSame_KeepsItsWatch()
    {
        await using var bed = new NamedBed();
        var destination = await bed.UseAsync(NamedBed.Web);
        var updates = destination.Updates;
        for (var i = 0; i < 10; i++)
        {
            destination.Configure(NewOptions(own => (own.Resolver, own.Balancing.TimeProvider) = (bed, bed.Time)));
        }

        Assert.Equal((1, updates), (bed.Watching, destination.Updates));
    }

    [Fact]
    public async Task Limits_OfSessionsWaitersAndRetries_HoldFromThenOnAndCutNobody()
    {
        var destination = await StartAsync(NewOptions(static own => own.RetryBudget = new() { PerSecond = 1, PerSession = 0 }));
        Assert.Null(destination.SessionLimit);
        destination.Configure(NewOptions(static own => (own.MaxSessions, own.MaxPendingSessions) = (2, 0)));
        var limit = destination.SessionLimit!;
        Assert.True(limit.TryAcquire() && limit.TryAcquire());
        destination.Configure(NewOptions(static own => own.MaxSessions = 1));
        Assert.Equal((2, 1), (limit.Active, destination.SessionLimit!.Maximum));
        destination.Configure(NewOptions());
        Assert.Same(limit, destination.SessionLimit);
        Assert.True(limit.TryAcquire());

        destination.Configure(NewOptions(static own => own.RetryBudget = new() { PerSecond = 2, PerSession = 0 }));
        Assert.Equal(20, destination.Budget.Left + 10, 3);
        destination.Configure(NewOptions(static own => own.RetryBudget = new() { PerSecond = 0, PerSession = 0 }));
        Assert.False(destination.Budget.TryRetry());
    }

    [Fact]
    public async Task ClearOnNegative_True_AppliesToTheAnswerThatStands()
    {
        var destination = await StartAsync(NewOptions());
        _resolver.Update(Resolution.Negative.Instance);
        await UntilAsync(destination, () => destination.Resolution is Resolution.Negative);
        Assert.Equal(4, destination.Balancer.Endpoints.Count);
        var counts = (destination.Updates, destination.Failures);
        destination.Configure(NewOptions(static own => own.ClearOnNegative = true));
        Assert.Empty(destination.Balancer.Endpoints);
        Assert.Equal((counts, TimeSpan.Zero), ((destination.Updates, destination.Failures), destination.Age));
    }

    [Fact]
    public async Task Check_TurnedOff_WhoeverItEjectedIsBackAndOnAgainCountsGoOn()
    {
        var destination = await StartAsync(NewOptions(static own => own.Check = new()));
        Assert.NotNull(destination.Health.Checks);
        var endpoint = destination.Balancer.Endpoints[0];
        Assert.True(endpoint.MarkDown());
        destination.Configure(NewOptions(static own => own.Check = new() { Interval = TimeSpan.FromHours(1) }));
        Assert.True(endpoint.IsDown);
        destination.Configure(NewOptions());
        Assert.Equal((false, EjectionCause.None), (endpoint.IsDown, endpoint.EjectionCauses));
        Assert.Null(destination.Health.Checks);
        destination.Configure(NewOptions(static own => own.Check = new()));
        Assert.NotNull(destination.Health.Checks);
    }

    [Fact]
    public async Task BalancerFactory_Another_ReplacesTheBalancerWhole()
    {
        static ILoadBalancer Make() => LoadBalancers.Create(BalancerKind.RoundRobin);
        var destination = await StartAsync(NewOptions());
        var before = destination.Balancer;
        var lease = Pick(destination);
        destination.Configure(NewOptions(static own => own.BalancerFactory = Make));
        var foreign = destination.Balancer;
        Assert.NotSame(before, foreign);
        Assert.Equal(4, foreign.Endpoints.Count);
        Assert.All(foreign.Endpoints, static endpoint => Assert.Equal(0, endpoint.Load));
        destination.Configure(NewOptions(static own => (own.BalancerFactory, own.MaxPendingSessions) = (Make, 5)));
        Assert.Same(foreign, destination.Balancer);
        lease.Complete();

        // The new one is the one that is updated, and wakes those who wait.
        var version = destination.Version;
        _resolver.Update(EndpointSet.Create(Addresses[..2]));
        await UntilAsync(destination, () => foreign.Endpoints.Count == 2);
        Assert.Equal(4, before.Endpoints.Count);
        destination.Configure(NewOptions());
        Assert.Equal(2, destination.Balancer.Endpoints.Count);
        Assert.True(destination.Version > version);
    }

    [Fact]
    public async Task Configure_NotValid_SaysAllAndChangesNothing()
    {
        var destination = await StartAsync(NewOptions());
        var (options, balancer) = (destination.Options, destination.Balancer);
        var error = Assert.Throws<InvalidOptionsException>(() => destination.Configure(NewOptions(static own =>
        {
            own.MaxPendingSessions = -1;
            own.MaxSessions = 0;
            own.Balancing.TimeProvider = TimeProvider.System;
        })));
        Assert.Equal(["MaxSessions", "MaxPendingSessions", "Balancing.TimeProvider"], error.Errors.Select(static one => one.Path));
        var used = LoadBalancers.Create(BalancerKind.P2c);
        await using var other = new DestinationRegistry(_ => NewOptions(own => own.BalancerFactory = () => used));
        other.Get(Name);
        foreach (var factory in new Func<ILoadBalancer>[] { static () => null!, static () => throw new IOException("no"), () => used })
        {
            error = Assert.Throws<InvalidOptionsException>(() => destination.Configure(NewOptions(own => own.BalancerFactory = factory)));
            Assert.Equal("BalancerFactory", Assert.Single(error.Errors).Path);
        }

        Assert.Equal((options, balancer), (destination.Options, destination.Balancer));
    }

    [Fact]
    public async Task Router_OneNameNotValid_NothingChangesAndEveryErrorIsSaid()
    {
        var other = DstPath.Parse("/svc/other");
        var web = await StartAsync(NewOptions());
        var options = (web.Options, _router.Get(other).Options);
        var error = Assert.Throws<InvalidOptionsException>(() => _router.Configure(
            name => NewOptions(own => own.MaxPendingSessions = name.Equals(other) ? -1 : 7), new DestinationRegistryOptions { MaxClientNamed = -1 }));
        Assert.Equal(["options.MaxClientNamed", "[/svc/other].MaxPendingSessions"], error.Errors.Select(static one => one.Path));
        error = Assert.Throws<InvalidOptionsException>(() => _router.Configure(name => name.Equals(other) ? throw new IOException("no") : null!));
        Assert.Equal(["[/svc/other]", "[/svc/web]"], error.Errors.Select(static one => one.Path).Order());
        Assert.Equal(options, (web.Options, _router.Get(other).Options));
        Assert.Equal(1000, _router.Get(DstPath.Parse("/svc/late")).Options.MaxPendingSessions);
    }

    [Fact]
    public async Task Router_AllValid_HoldForAllNamesAndThoseToCome()
    {
        var web = await StartAsync(NewOptions());
        _router.Configure(_ => NewOptions(static own => own.MaxPendingSessions = 7), new DestinationRegistryOptions { MaxClientNamed = 0 });
        Assert.Equal((7, 7), (web.Options.MaxPendingSessions, _router.Get(DstPath.Parse("/svc/late")).Options.MaxPendingSessions));
        Assert.False(_router.TryAcquire(DstPath.Parse("/svc/chosen"), out _));
    }

    private static EndpointLease Pick(Destination destination)
    {
        Assert.Equal(PickResult.Picked, destination.Balancer.Pick(default, out var lease));
        return lease;
    }

    private static void Fail(Destination destination, ServerEndpoint endpoint)
    {
        // As a session does that met it.
        endpoint.OnFailed(LeaseKind.Normal, ConnectFailure.Refused, TimeSpan.FromMilliseconds(1));
        Assert.Contains(endpoint, destination.Balancer.Endpoints);
    }

    private static async Task UntilAsync(Destination destination, Func<bool> condition)
    {
        while (true)
        {
            var version = destination.Version;
            if (condition())
            {
                return;
            }

            await destination.WaitChangedAsync(version, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    private async Task<Destination> StartAsync(DestinationOptions options)
    {
        var destination = _router.Get(Name);
        destination.Configure(options);
        await UntilAsync(destination, () => destination.Updates > 0);
        return destination;
    }

    private DestinationOptions NewOptions(Action<DestinationOptions>? change = null)
    {
        var options = new DestinationOptions { Resolver = _resolver, Balancing = new() { TimeProvider = _time, Random = RandomSource.Seeded(2) } };
        change?.Invoke(options);
        return options;
    }
}
