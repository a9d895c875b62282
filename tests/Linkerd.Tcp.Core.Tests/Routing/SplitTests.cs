using System.Diagnostics;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>A split of 9:1 over branches of 1 and 20 endpoints, from the dtab to the pick: what happens when a branch goes, and when it comes back.</summary>
public sealed class SplitTests
{
    private const int Picks = 20_000;
    private static readonly DstPath Name = DstPath.Parse("/svc/web");
    private static readonly string Twenty = $"({string.Join(" & ", Enumerable.Range(1, 20).Select(i => $"/$/inet/10.0.1.{i}/80"))})";

    private readonly LocalInterpreter _interpreter = new(new LocalInterpreterOptions { Dtab = Split(Twenty) });

    [Theory]
    [InlineData("~")]
    [InlineData("!")]
    [InlineData("$")]
    [InlineData("/$/nil")]
    [InlineData("/$/no.such.class")]
    [InlineData("/svc/none")]
    public async Task Branch_GoesAndComesBack_OthersGetItsShareWithin100Milliseconds(string gone)
    {
        await using var router = new DestinationRegistry(_ => new DestinationOptions { Resolver = _interpreter, BalancerFactory = Balancer });
        var destination = router.Get(Name);
        await UntilAsync(destination, () => destination.Balancer.Endpoints.Count == 21);
        Assert.InRange(ShareOfOne(destination.Balancer), 89, 91);

        // The machine may be busy with other tests: one of a few times shows how long it takes.
        var (leaving, returning) = (long.MaxValue, long.MaxValue);
        for (var times = 0; times < 20 && Math.Max(leaving, returning) > 100; times++)
        {
            var elapsed = Stopwatch.StartNew();
            _interpreter.Dtab = Split(gone);
            await UntilAsync(destination, () => destination.Balancer.Endpoints.Count == 1);
            leaving = Math.Min(leaving, elapsed.ElapsedMilliseconds);
            Assert.Equal(100, ShareOfOne(destination.Balancer));

            elapsed.Restart();
            _interpreter.Dtab = Split(Twenty);
            await UntilAsync(destination, () => destination.Balancer.Endpoints.Count == 21);
            returning = Math.Min(returning, elapsed.ElapsedMilliseconds);
            Assert.InRange(ShareOfOne(destination.Balancer), 89, 91);
        }

        Assert.InRange(leaving, 0, 100);
        Assert.InRange(returning, 0, 100);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Branch_EveryEndpointRefuses_OthersGetItsShareUntilItIsBack(bool one)
    {
        await using var router = new DestinationRegistry(_ => new DestinationOptions { Resolver = _interpreter, BalancerFactory = Balancer });
        var destination = router.Get(Name);
        await UntilAsync(destination, () => destination.Balancer.Endpoints.Count == 21);

        foreach (var endpoint in destination.Balancer.Endpoints.Where(endpoint => IsOne(endpoint) == one))
        {
            destination.Balancer.Fail(endpoint, 5);
        }

        Assert.Equal(one ? 0 : 100, ShareOfOne(destination.Balancer));

        foreach (var endpoint in destination.Balancer.Endpoints.Where(endpoint => IsOne(endpoint) == one))
        {
            endpoint.Reset();
        }

        Assert.InRange(ShareOfOne(destination.Balancer), 89, 91);
    }

    private static Dtab Split(string other) => Dtab.Parse($"/svc/web => 9 * /$/inet/10.0.0.1/80 & 1 * {other}");

    private static ILoadBalancer Balancer() => LoadBalancers.Create(
        BalancerKind.P2c, new BalancerOptions { Random = RandomSource.Seeded(1), SlowStart = new SlowStartOptions { Window = TimeSpan.Zero } });

    private static bool IsOne(ServerEndpoint endpoint) => endpoint.Address.ToString() == "10.0.0.1:80";

    private static double ShareOfOne(ILoadBalancer balancer)
    {
        var counts = balancer.Count(() => balancer.PickIdle(Picks));
        return 100.0 * counts.Where(pair => IsOne(pair.Key)).Sum(pair => pair.Value) / counts.Values.Sum();
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

            await destination.WaitChangedAsync(version, TestContext.Current.CancellationToken);
        }
    }
}
