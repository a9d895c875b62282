using System.Text;
using Linkerd.Tcp;
using Linkerd.Tcp.Testing;

namespace FaultInjection;

/// <summary>Each test runs in virtual time, with several seeds: other picks, other pieces of each message.</summary>
public sealed class PriceClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void GetPrice_AllServersAreWell_Answers() => Run(static async (_, _, client) =>
        Assert.Equal(4.20m, await client.GetPriceAsync("tea", Token)));

    [Fact]
    public void GetPrice_OneServerIsDown_AnotherAnswersAtOnce() => Run(static async (simulation, servers, client) =>
    {
        servers[0].Stop();
        for (var i = 0; i < 20; i++)
        {
            await client.GetPriceAsync("tea", Token);
        }

        Assert.InRange(simulation.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    });

    [Fact]
    public void GetPrice_ServerDiesBeforeItAnswers_AnotherAnswers() => Run(static async (simulation, servers, client) =>
    {
        var asking = client.GetPriceAsync("tea", Token);
        await simulation.UntilAsync(() => servers.Any(static server => server.Links.Count > 0));
        servers.First(static server => server.Links.Count > 0).Stop();
        Assert.Equal(4.20m, await asking);
    });

    [Fact]
    public void GetPrice_NetworkLosesAServer_IsGivenUpAfterTwoSeconds() => Run(static async (simulation, servers, client) =>
    {
        servers[0].Isolate();
        Assert.Equal(4.20m, await client.GetPriceAsync("tea", Token));
        Assert.InRange(simulation.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    });

    [Fact]
    public void GetPrice_ConnectionsAreResetAgainAndAgain_GivesUpWithTheReason() => Run(static async (simulation, servers, client) =>
    {
        var asking = client.GetPriceAsync("tea", Token);
        while (!asking.IsCompleted)
        {
            await simulation.UntilAsync(() => asking.IsCompleted || servers.Any(static server => server.Links.Count > 0));
            foreach (var link in servers.SelectMany(static server => server.Links))
            {
                link.Reset();
            }

            await simulation.DelayAsync(TimeSpan.FromMilliseconds(1));
        }

        var error = await Assert.ThrowsAsync<PriceException>(() => asking);
        Assert.Contains("4 attempts", error.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void GetPrice_NetworkIsSlow_AnswersInTime() => Run(static async (simulation, servers, client) =>
    {
        foreach (var server in servers)
        {
            server.Link.Latency = TimeSpan.FromMilliseconds(300);
            server.Link.Jitter = TimeSpan.FromMilliseconds(100);
        }

        Assert.Equal(4.20m, await client.GetPriceAsync("tea", Token));
        Assert.InRange(simulation.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
    });

    [Fact]
    public void GetPrice_NoServerAnswers_GivesUpAfterAllAttempts() => Run(static async (simulation, servers, client) =>
    {
        foreach (var server in servers)
        {
            server.Isolate();
        }

        await Assert.ThrowsAsync<PriceException>(() => client.GetPriceAsync("tea", Token));
        Assert.InRange(simulation.Elapsed, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(9));
    });

    private static void Run(Func<Simulation, IReadOnlyList<SimulatedServer>, PriceClient, Task> test) => Simulation.Run(
        async simulation =>
        {
            var servers = simulation.AddServers(3, AnswerAsync);
            await using var registry = simulation.CreateRegistry(simulation.AddHost("client"), servers);
            await test(simulation, servers, new PriceClient(registry.Get(DstPath.Parse("/svc/prices")), simulation.TimeProvider));
        },
        new SimulationOptions { Seeds = 20 });

    // What the real servers do, as far as the client sees it.
    private static async Task AnswerAsync(TransportConnection connection)
    {
        var stream = connection.AsStream();
        var question = await new StreamReader(stream, Encoding.ASCII).ReadLineAsync(Token);
        if (question == "tea")
        {
            await stream.WriteAsync("4.20\n"u8.ToArray(), Token);
        }
    }
}
