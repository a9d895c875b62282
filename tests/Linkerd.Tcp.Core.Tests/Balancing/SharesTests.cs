using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>Shares follow the weights whatever the load, with every algorithm: the windows of the specification.</summary>
public sealed class SharesTests
{
    private const int Picks = 100_000;

    // Name, the set, the endpoints whose share is meant (by number), and its window in percent.
    private static readonly Dictionary<string, (EndpointSet Set, Func<int, bool> Meant, double From, double To)> Cases = new()
    {
        ["one of ten with weight 10"] = (BalancerDriver.Weights([10, .. Enumerable.Repeat(1.0, 9)]), number => number == 0, 51, 54.5),
        ["0.1 among nine of 1"] = (BalancerDriver.Weights([0.1, .. Enumerable.Repeat(1.0, 9)]), number => number == 0, 0.9, 1.3),
        ["9:1"] = (BalancerDriver.Weights(9, 1), number => number == 0, 89, 91),
        ["1, 1, 2"] = (BalancerDriver.Weights(1, 1, 2), number => number == 2, 48.5, 51.5),
        ["0 beside others"] = (BalancerDriver.Weights(1, 0, 2), number => number == 1, 0, 0),
        ["union 9:1 of 1 and 20"] = (Union(first: 1), number => number == 0, 89, 91),
        ["union 9:1 of 20 and 1"] = (Union(first: 1, swapped: true), number => number != 0, 89, 91),

        // The one is among the twenty, too, of whose share it has its twentieth on top.
        ["union 9:1 of 1 and 20 with it"] = (Union(first: 0), number => number == 0, 89.5, 91.5),
    };

    // Leases count from the pick on, so that those never connected make the same shares; not all of them are run twice.
    public static TheoryData<BalancerKind, string, double, bool> Matrix
    {
        get
        {
            var data = new TheoryData<BalancerKind, string, double, bool>();
            foreach (var kind in Enum.GetValues<BalancerKind>())
            {
                foreach (var name in Cases.Keys)
                {
                    foreach (var held in (double[])[0, 0.2, 1, 2, 5, 10, 50])
                    {
                        data.Add(kind, name, held, true);
                        if (held is 1 or 10 && kind is BalancerKind.P2c or BalancerKind.PeakEwma)
                        {
                            data.Add(kind, name, held, false);
                        }
                    }
                }
            }

            return data;
        }
    }

    public static MatrixTheoryData<BalancerKind, string> Names => new(Enum.GetValues<BalancerKind>(), Cases.Keys);

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Pick_HeldLeases_SharesFollowWeights(BalancerKind kind, string name, double held, bool connected)
    {
        var balancer = BalancerDriver.Balancer(Cases[name].Set, kind: kind);
        using var sessions = HeldSessions.PerEndpoint(balancer, held, connected);

        Check(name, balancer, () => sessions.Run(Picks));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_PoissonArrivals_SharesFollowWeights(BalancerKind kind, string name)
    {
        var balancer = BalancerDriver.Balancer(Cases[name].Set, kind: kind);

        // A rate of 20 and a mean holding time of 1: 20 leases are held in the mean.
        Check(name, balancer, () => Poisson(balancer, rate: 20, Picks));
    }

    private static void Check(string name, ILoadBalancer balancer, Action run)
    {
        var (_, isMeant, from, to) = Cases[name];
        var meant = Enumerable.Range(0, balancer.Endpoints.Count).Where(isMeant).Select(number => balancer.Find(number)).ToHashSet();

        var counts = balancer.Count(run);

        var share = 100.0 * counts.Where(pair => meant.Contains(pair.Key)).Sum(pair => pair.Value) / counts.Values.Sum();
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {share:F2} %");
        Assert.InRange(share, from, to);
    }

    private static void Poisson(ILoadBalancer balancer, double rate, int picks)
    {
        var random = RandomSource.Seeded(3);
        var ends = new PriorityQueue<EndpointLease, double>();
        var now = 0.0;
        for (var i = 0; i < picks; i++)
        {
            now += Exponential(random) / rate;
            while (ends.TryPeek(out var lease, out var end) && end <= now)
            {
                ends.Dequeue();
                lease.Complete();
            }

            ends.Enqueue(balancer.Pick(), now + Exponential(random));
        }
    }

    private static double Exponential(Random random) => -Math.Log(1 - random.NextDouble());

    private static EndpointSet Union(int first, bool swapped = false) => new(
        BalancerDriver.Group([1], swapped ? 1 : 9),
        BalancerDriver.Group(Enumerable.Repeat(1.0, 20), swapped ? 9 : 1, first: first));
}
