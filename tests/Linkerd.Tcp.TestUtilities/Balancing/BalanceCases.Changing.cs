using System.Globalization;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <content>Endpoints come and go.</content>
public static partial class BalanceCases
{
    private const int Few = 10;
    private const int Many = 1000;
    private const double RestartTime = 2;

    private static IEnumerable<BalanceCase> Flapping()
    {
        foreach (var hertz in (int[])[1, 5, 10, 50])
        {
            yield return new BalanceCase
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"flap-{hertz}-hz"),
                Title = string.Create(CultureInfo.InvariantCulture, $"1 of 10 endpoints refuses every other {500.0 / hertz:0} ms"),
                Weights = Equal(10),
                Bounds = static _ => [ConnectsPerSession(), NoFailure(), Budget()],
                Script = world => FlapAsync(world, 0.5 / hertz),
            };
        }
    }

    private static async Task FlapAsync(BalanceWorld world, double half)
    {
        await world.UntilAsync(Fault);
        world.FaultBegins(world.Servers[0]);
        while (world.Now < world.Case.Duration)
        {
            world.Servers[0].Refuse();
            await world.DelayAsync(half);
            world.Servers[0].Heal();
            await world.DelayAsync(half);
        }
    }

    private static BalanceCase RollingRestart() => new()
    {
        Name = "rolling-restart",
        Title = "each of 10 endpoints in turn is down for 2 s; the next when the breaker of the one before has closed",
        Weights = Equal(10),
        Duration = TimeSpan.FromSeconds(90),
        Bounds = static _ => [LoadRatio(2), NoFailure(), Budget()],
        Script = async world =>
        {
            await world.UntilAsync(Fault);
            world.FaultBegins(world.Servers);
            foreach (var server in world.Servers)
            {
                server.Stop();
                await world.DelayAsync(RestartTime);
                server.Start();
                while (world.EndpointOf(server)!.Breaker != BreakerState.Closed)
                {
                    await world.DelayAsync(0.01);
                }
            }
        },
    };

    private static BalanceCase GrowAndShrink() => new()
    {
        Name = "grow-and-shrink",
        Title = "10 endpoints become 1,000 after 20 s, and 10 again after 40 s",
        Weights = Equal(Many),
        InSet = Few,
        Bounds = static _ =>
        [
            new("load of a new endpoint above 1.2 times the fair one, connections", 4, Number, static record => record.MaxExcessOf(Few, Many, from: 20, to: 40)),
            new("share of the first 10 while they are 10 of 1,000, of the fair one", 1.2, Number, static record => record.ShareOfSessions(Few, from: 21, to: 40) * Many / Few),
            new("largest load, of the fair one, 2 s after they are 10 again", 1.5, Number, static record => record.MaxLoadRatioFrom(42)),
            NoFailure(),
        ],
        Script = async world =>
        {
            await world.UntilAsync(20);
            world.FaultBegins();
            await world.UpdateAsync(world.Servers);
            await world.UntilAsync(40);
            await world.UpdateAsync(world.Servers.Take(Few));
        },
    };
}
