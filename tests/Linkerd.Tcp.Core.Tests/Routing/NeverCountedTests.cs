using System.Diagnostics.Metrics;
using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>What says nothing of an endpoint is not held against it.</summary>
public sealed class NeverCountedTests : IDisposable
{
    private static readonly IPEndPoint[] Addresses = [.. Enumerable.Range(1, 2).Select(i => new IPEndPoint(new IPAddress([10, 7, 0, (byte)i]), 80))];
    private readonly Meter _meter = new("test");

    public void Dispose() => _meter.Dispose();

    [Fact]
    public void Connect_LocalResourcesAreShort_NotCounted() => Run(async (dialer, destination, network, host) =>
    {
        host.DescriptorLimit = 0;
        var outcome = await ConnectAsync(dialer, destination, network);
        Assert.Equal("RC", outcome.Reason.ToString());
        AssertNothingIsHeldAgainst(destination);
    });

    [Fact]
    public void Connect_ClientLeavesOrOperatorAborts_NotCounted() => Run(async (dialer, destination, network, _) =>
    {
        // Both cancel the token, and nothing else.
        BlackholeAll(network);
        for (var i = 0; i < 20; i++)
        {
            using var leave = new CancellationTokenSource();
            var connecting = ConnectAsync(dialer, destination, network, cancellationToken: leave.Token);
            await network.Scheduler.Delay(TimeSpan.FromMilliseconds(500));
            leave.Cancel();
            Assert.False((await connecting).IsConnected);
        }

        AssertNothingIsHeldAgainst(destination);
    });

    [Fact]
    public void Connect_DeadlineCutsTheAttemptShort_NotCounted() => Run(async (dialer, destination, network, _) =>
    {
        BlackholeAll(network);
        for (var i = 0; i < 20; i++)
        {
            var deadline = network.Scheduler.TimeProvider.GetTimestamp() + TimeSpan.FromSeconds(1).Ticks;
            Assert.Equal("sC", (await ConnectAsync(dialer, destination, network, deadline: deadline)).Reason.ToString());
        }

        AssertNothingIsHeldAgainst(destination);
    });

    [Fact]
    public void Connect_AttemptHadItsTime_IsCounted() => Run(async (dialer, destination, network, _) =>
    {
        BlackholeAll(network);
        var deadline = network.Scheduler.TimeProvider.GetTimestamp() + TimeSpan.FromSeconds(10).Ticks;
        Assert.Equal("sC", (await ConnectAsync(dialer, destination, network, deadline: deadline)).Reason.ToString());
        Assert.Equal(3, destination.Balancer.Endpoints.Sum(endpoint => endpoint.ConnectFailures));
    });

    [Fact]
    public void Connect_TheTimerOfTheAttemptFiresALittleEarly_IsCounted() => Run(async (_, destination, network, _) =>
    {
        // As those of the runtime do, by a fraction of a millisecond.
        var transport = new ScriptedTransport(async (_, options, _) =>
        {
            await network.Scheduler.Delay(options.Timeout - TimeSpan.FromMicroseconds(500));
            return ConnectResult.Failed(ConnectFailure.TimedOut);
        });
        var time = network.Scheduler.TimeProvider;
        var dialer = new Dialer(transport, new TcpOptions(), new ConnectInstruments(_meter));
        Assert.Equal("sC", (await ConnectAsync(dialer, destination, network, deadline: time.GetTimestamp() + TimeSpan.FromSeconds(10).Ticks)).Reason.ToString());
        Assert.Equal(3, destination.Balancer.Endpoints.Sum(endpoint => endpoint.ConnectFailures));
    });

    private static void BlackholeAll(SimulatedNetwork network)
    {
        foreach (var address in Addresses)
        {
            network.Endpoint(address).Blackhole();
        }
    }

    private static void AssertNothingIsHeldAgainst(Destination destination) => Assert.All(
        destination.Balancer.Endpoints,
        endpoint => Assert.Equal((0, EjectionCause.None, 0), (endpoint.ConnectFailures, endpoint.EjectionCauses, endpoint.Load)));

    private static Task<Establishment> ConnectAsync(
        Dialer dialer, Destination destination, SimulatedNetwork network, long deadline = Establishment.NoDeadline, CancellationToken cancellationToken = default) =>
        TestRequester.EstablishAsync(
            dialer, destination, executor: network.Scheduler, deadline: deadline, time: network.Scheduler.TimeProvider, cancellationToken: cancellationToken);

    private void Run(Func<Dialer, Destination, SimulatedNetwork, SimulatedHost, Task> test)
    {
        var scheduler = new SimulatedScheduler();
        var random = RandomSource.Seeded(1);
        var network = new SimulatedNetwork(scheduler, random);
        var host = network.AddHost("proxy");
        scheduler.Run(async () =>
        {
            var router = new DestinationRegistry(
                _ => new DestinationOptions
                {
                    Resolver = new StaticResolver(Addresses),
                    Balancing = new BalancerOptions { TimeProvider = scheduler.TimeProvider, Random = random },
                },
                timeProvider: scheduler.TimeProvider,
                random: random);
            var destination = router.Get(DstPath.Parse("/svc/web"));
            await scheduler.RunElsewhereAsync(() => Assert.True(SpinWait.SpinUntil(() => destination.Updates == 1, TimeSpan.FromSeconds(30))));
            var dialer = new Dialer(host, new TcpOptions(), new ConnectInstruments(_meter));
            await test(dialer, destination, network, host);
            await scheduler.RunElsewhereAsync(() => router.DisposeAsync().AsTask().GetAwaiter().GetResult());
        });
    }
}
