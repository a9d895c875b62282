namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <content>All fail, and come back.</content>
public static partial class BalanceCases
{
    private const int Outage = 30;

    private static IEnumerable<BalanceCase> AllDown()
    {
        yield return Down("all-down-refusing", "all 10 endpoints refuse for 30 s, then one a second is back", static server => server.Refuse(), MostConnects(10 + 3), FreePerEndpoint());
        yield return Down("all-down-blackholed", "all 10 endpoints answer no SYN for 30 s, then one a second is back", static server => server.Blackhole());
    }

    private static BalanceCase Down(string name, string title, Action<BalanceServer> fail, params BalanceBound[] more) => new()
    {
        Name = name,
        Title = title,
        Weights = Equal(10),
        Duration = TimeSpan.FromSeconds(90),
        Bounds = _ =>
        [
            FirstServed(),
            new("sessions that failed although they came later than 1 s after that return", 0, Count, static record => record.FailedThatArrivedAfter(TimeSpan.FromSeconds(1))),
            new("from the last endpoint's return until no breaker is open", 12, Seconds, static record => record.SecondsToAllClosed()),
            Budget(),
            .. more,
        ],
        Script = async world =>
        {
            await world.UntilAsync(Fault);
            world.Servers.ToList().ForEach(fail);
            world.FaultBegins(world.Servers);
            foreach (var server in world.Servers)
            {
                await world.UntilAsync(Fault + Outage + server.Index);
                server.Heal();
                world.IsBack();
            }
        },
    };

    private static BalanceCase Herd() => new()
    {
        Name = "herd",
        Title = "10 endpoints answer no SYN, up to 10,000 sessions wait, one endpoint is back",
        Weights = Equal(10),
        MaxWaiters = 10_000,
        Bounds = static _ =>
        [
            FirstServed(),
            new("from the return until nobody waits", 1, Seconds, static record => record.SecondsToEmptyQueue()),
            new("sessions that failed later than 1 s after the return: those that probed the others", 10, Count, static record => record.FailedAfter(TimeSpan.FromSeconds(Outage + 1))),
            Budget(),
        ],
        Script = async world =>
        {
            await world.UntilAsync(Fault);
            world.Servers.ToList().ForEach(static server => server.Blackhole());
            world.FaultBegins(world.Servers);
            await world.UntilAsync(Fault + Outage);
            world.Servers[0].Heal();
            world.IsBack();
        },
    };

    private static BalanceBound MostConnects(int limit) => new("connects of one session, at most", limit, Count, static record => record.MaxAttempts) { IsForEveryBalancer = true };

    private static BalanceBound FreePerEndpoint() =>
        new("refusals of an endpoint that counted against no session, in the mean", 20, Number, static record => (double)record.FreeRetryCount / record.Servers.Count) { IsForEveryBalancer = true };

    private static BalanceBound FirstServed() => new("from the first endpoint's return to the first session", 1, Seconds, static record => record.SecondsToFirstServed()) { IsForEveryBalancer = true };
}
