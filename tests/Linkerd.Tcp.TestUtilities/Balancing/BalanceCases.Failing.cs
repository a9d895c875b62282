namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <content>Some fail, and stay so.</content>
public static partial class BalanceCases
{
    private static IEnumerable<BalanceCase> Refusing()
    {
        yield return Failing("refuse-1-of-10", "1 of 10 endpoints refuses", 1, 10, static server => server.Refuse(), static _ => [ShareAfter(0.005), NoFailure(), LoadRatio(2)]);
        yield return Failing("refuse-1-of-2", "1 of 2 endpoints refuses", 1, 2, static server => server.Refuse(), static _ => [ShareAfter(0.005), NoFailure(), LoadRatio(2)]);
        yield return Failing("refuse-6-of-10", "6 of 10 endpoints refuse", 6, 10, static server => server.Refuse(), static _ => [ShareAfter(0.005), NoFailure(), LoadRatio(2)]);
        yield return Failing("refuse-9-of-10", "9 of 10 endpoints refuse", 9, 10, static server => server.Refuse(), static _ => [ShareAfter(0.005), NoFailure()]);
        yield return Failing(
            "refuse-6-silent-1", "6 of 10 endpoints refuse, and 1 answers no SYN", 7, 10, static server => RefuseOrSwallow(server), static _ => [ShareAfter(0.005), NoFailure(), LoadRatio(2)]);
    }

    /// <summary>From the first session on six of ten refuse, and one answers no SYN.</summary>
    public static BalanceCase SixRefuseOneSwallows { get; } = new()
    {
        Name = "refuse-6-silent-1-at-once",
        Title = "6 of 10 endpoints refuse, and 1 answers no SYN, from the first session on",
        Weights = Equal(10),
        Duration = TimeSpan.FromSeconds(20),
        Bounds = static _ => [NoFailure(), Budget()],
        Script = static world =>
        {
            var servers = world.Servers.Take(7).ToList();
            servers.ForEach(RefuseOrSwallow);
            world.FaultBegins(servers);
            return Task.CompletedTask;
        },
    };

    /// <summary>A host has one IPv4 and one IPv6 address, and from the first session on nothing comes back over IPv6.</summary>
    /// <param name="seconds">For how long sessions arrive.</param>
    /// <param name="isHostKnown">Whether the balancer knows that both are of one host.</param>
    public static BalanceCase DeadFamily(double seconds, bool isHostKnown = true) => new()
    {
        Name = "dead-family",
        Title = "of a host's two addresses the IPv6 one answers no SYN, from the first session on",
        Weights = Equal(2),
        IPv6 = 1,
        Host = isHostKnown ? "host.test" : null,
        Duration = TimeSpan.FromSeconds(seconds),
        Bounds = static _ => [NoFailure(), Budget()],
        Script = static world =>
        {
            world.Servers[0].Blackhole();
            world.FaultBegins(world.Servers[0]);
            return Task.CompletedTask;
        },
    };

    private static void RefuseOrSwallow(BalanceServer server)
    {
        if (server.Index < 6)
        {
            server.Refuse();
        }
        else
        {
            server.Blackhole();
        }
    }

    private static IEnumerable<BalanceCase> Blackholes()
    {
        yield return Failing("blackhole-1-of-10", "1 of 10 endpoints answers no SYN", 1, 10, static server => server.Blackhole(), static _ => [ShareBefore(0.03), ShareAfter(0.005), NoFailure(), LoadRatio(2)]);
        yield return Failing("blackhole-5-of-10", "5 of 10 endpoints answer no SYN", 5, 10, static server => server.Blackhole(), static _ => [ShareBefore(0.03), ShareAfter(0.005), NoFailure(), LoadRatio(2)]);
    }

    private static BalanceCase Failing(
        string name, string title, int failing, int count, Action<BalanceServer> fail, Func<BalanceLoad, IReadOnlyList<BalanceBound>> bounds) => new()
        {
            Name = name,
            Title = title,
            Weights = Equal(count),
            Bounds = load => [.. bounds(load), ConnectsPerSession(), Budget()],
            Script = async world =>
            {
                await world.UntilAsync(Fault);
                var servers = world.Servers.Take(failing).ToList();
                servers.ForEach(fail);
                world.FaultBegins(servers);
            },
        };

    private static BalanceBound ShareBefore(double limit) =>
        new("sessions sent to a failing endpoint before its breaker opened", limit, Percent, static record => record.SessionShareBeforeOpening());
}
