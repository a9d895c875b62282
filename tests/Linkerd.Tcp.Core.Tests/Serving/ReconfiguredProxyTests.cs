using System.Globalization;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Options that change at random while sessions run, in virtual time: none is lost that the options before and after would have served, and nothing is left behind.</summary>
public sealed class ReconfiguredProxyTests
{
    private const string ChangesVariable = "LINKERD_TCP_RECONFIGURATIONS";
    private const string SeedsVariable = "LINKERD_TCP_RECONFIGURATION_SEEDS";

    [Fact]
    public async Task Reconfigure_AtRandomWhileSessionsRun_NoSessionIsLostAndNothingIsLeft()
    {
        // The long form: LINKERD_TCP_RECONFIGURATIONS=10000 LINKERD_TCP_RECONFIGURATION_SEEDS=10.
        var (changes, seeds) = (NumberOf(ChangesVariable) ?? 1_000, NumberOf(SeedsVariable) ?? 2);
        await SimulatedProxy.RunAsync(
            async bed =>
            {
                var proxy = new ReconfiguredProxy(bed);
                var counts = await proxy.RunAsync(changes);
                TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{changes} changes in {bed.Scheduler.Elapsed.TotalSeconds:0} s of virtual time; {proxy.Served} sessions served, {proxy.Missed} clients found nobody listening; {string.Join(", ", counts)}"));
                Assert.True(proxy.Served > changes / 10);
                Assert.Equal(proxy.Changes.Count, counts.Count);
            },
            seeds,
            maxSteps: long.MaxValue / 2);
    }

    private static int? NumberOf(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
