using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>
/// Runs a case: the real destination, balancer and connector, over the simulated transport, in virtual time, from a seed. The same seed gives the same record.
/// </summary>
public static class BalanceRun
{
    /// <summary>The balancer that is the default.</summary>
    public const string Default = "p2c";

    /// <summary>The balancers by name.</summary>
    public static IReadOnlyDictionary<string, Func<BalancerOptions, ILoadBalancer>> Balancers { get; } = new Dictionary<string, Func<BalancerOptions, ILoadBalancer>>
    {
        [Default] = static options => LoadBalancers.Create(BalancerKind.P2c, options),
        ["peak-ewma"] = static options => LoadBalancers.Create(BalancerKind.PeakEwma, options),
    };

    /// <summary>Those that only some cases are run with.</summary>
    private static readonly Dictionary<string, Func<BalancerOptions, ILoadBalancer>> OtherBalancers = new()
    {
        ["least-connections"] = static options => LoadBalancers.Create(BalancerKind.LeastConnections, options),
        ["round-robin"] = static options => LoadBalancers.Create(BalancerKind.RoundRobin, options),
        ["random"] = static options => LoadBalancers.Create(BalancerKind.Random, options),
        ["maglev"] = static options => LoadBalancers.Create(BalancerKind.Maglev, options),
    };

    /// <param name="case">What happens.</param>
    /// <param name="load">What arrives meanwhile.</param>
    /// <param name="seed">Decides everything that is left to chance.</param>
    /// <param name="balancer">One of <see cref="Balancers"/>, or "least-connections", "round-robin", "random", "maglev".</param>
    public static BalanceRecord Run(BalanceCase @case, BalanceLoad load, ulong seed, string balancer = Default)
    {
        ArgumentNullException.ThrowIfNull(@case);
        ArgumentNullException.ThrowIfNull(load);
        var world = new BalanceWorld(@case, load, seed, Balancers.GetValueOrDefault(balancer) ?? OtherBalancers[balancer]);
        world.Scheduler.Run(() => RunAsync(world));
        world.DisposeAsync().AsTask().GetAwaiter().GetResult();
        world.ThrowIfFaulted();
        return world.Record;
    }

    private static async Task RunAsync(BalanceWorld world)
    {
        await world.StartAsync();
        var sampler = new LoadSampler(world);
        sampler.Start();
        ArriveNext(world);
        await Task.WhenAll(world.Case.Script(world), world.UntilAsync(world.Case.Duration.TotalSeconds));

        // Those that still look for a server connection find one, or their deadline.
        await world.Scheduler.Delay(BalanceWorld.ConnectTimeout + TimeSpan.FromSeconds(1));
        sampler.Stop();
        world.NoteOpenings();
    }

    private static void ArriveNext(BalanceWorld world)
    {
        var gap = TimeSpan.FromSeconds(-Math.Log(1 - world.Arrivals.NextDouble()) / world.Load.SessionsPerSecond);
        if (world.Now + gap < world.Case.Duration)
        {
            world.Scheduler.Schedule(gap, static world => Arrive((BalanceWorld)world!), world);
        }
    }

    private static void Arrive(BalanceWorld world)
    {
        world.Record.OnArrived(world.Scheduler.NowTicks);
        new BalanceSession(world).Start();
        ArriveNext(world);
    }
}
