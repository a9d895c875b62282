using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Tests.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Sessions of a split of 9:1 over branches of 1 and 20 endpoints, a thousand a second, while the endpoints of one branch refuse connections.</summary>
public sealed class SplitSessionTests
{
    private static readonly TimeSpan FirstBackoffAtLeast = TimeSpan.FromSeconds(2.5);

    /// <param name="one">Whether it is the branch of one endpoint that refuses.</param>
    /// <param name="openWithinMilliseconds">What five failures of each of its endpoints may take: its share of the sessions is 90 %, or 10 % over 20 endpoints.</param>
    [Theory]
    [InlineData(true, 100)]
    [InlineData(false, 1_500)]
    public Task Branch_EveryEndpointRefuses_IsNotPickedOnceItsBreakersAreOpen(bool one, int openWithinMilliseconds) => SimulatedProxy.RunAsync(
        async bed =>
        {
            var backends = new List<SimulatedBackend>();
            while (backends.Count < 21)
            {
                backends.Add(await bed.AddBackendAsync(AnswerAsync));
            }

            bed.Resolver.Update(new EndpointSet([GroupOf(9, backends[..1]), GroupOf(1, backends[1..])]));
            await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] });
            await bed.ResolvedAsync();
            var (refusing, serving) = one ? (backends[..1], backends[1..]) : (backends[1..], backends[..1]);
            using var load = new SessionLoad(bed);
            await bed.DelayAsync(1_000);
            Assert.InRange(100.0 * Picks(bed, backends[..1]) / Picks(bed, backends), 85, 95);

            var began = bed.Scheduler.Elapsed;
            refusing.ForEach(backend => backend.Endpoint.Refuse());
            await bed.UntilAsync(() => Of(bed, refusing).All(endpoint => endpoint.Breaker == BreakerState.Open));
            var (opened, refused, served) = (bed.Scheduler.Elapsed, Picks(bed, refusing), Picks(bed, serving));
            Assert.InRange((opened - began).TotalMilliseconds, 0, openWithinMilliseconds);
            load.MustServe = true;

            // From this very moment on, until the first back-off is over and a session finds out whether an endpoint is back.
            var until = began + FirstBackoffAtLeast;
            await bed.UntilAsync(() => bed.Scheduler.Elapsed >= until);
            Assert.Equal(0, Picks(bed, refusing) - refused);
            Assert.InRange(Picks(bed, serving) - served, (until - opened).TotalMilliseconds * 0.95, double.MaxValue);

            refusing.ForEach(backend => backend.Endpoint.Heal());
            await bed.UntilAsync(() => Of(bed, refusing).All(endpoint => endpoint.Breaker == BreakerState.Closed));
            load.Dispose();
            await load.Ended;
            Assert.True(Picks(bed, refusing) > refused);
            Assert.InRange(load.Unserved, 0, 3);
        });

    private static EndpointGroup GroupOf(double weight, List<SimulatedBackend> backends) =>
        new(backends.Select(backend => new WeightedAddress(backend.Address)), weight);

    private static IEnumerable<ServerEndpoint> Of(SimulatedProxy bed, List<SimulatedBackend> backends) =>
        bed.Destination.Balancer.Endpoints.Where(endpoint => backends.Exists(backend => backend.Address.Equals(endpoint.Address)));

    private static long Picks(SimulatedProxy bed, List<SimulatedBackend> backends) => Of(bed, backends).Sum(endpoint => endpoint.Picks);

    private static async Task AnswerAsync(TransportConnection connection)
    {
        await connection.ReadTextAsync(1);
        await connection.SendTextAsync("y");
    }

    /// <summary>A session in each millisecond, until it is disposed.</summary>
    private sealed class SessionLoad : IDisposable
    {
        private readonly SimulatedProxy _bed;
        private bool _ends;

        public SessionLoad(SimulatedProxy bed)
        {
            _bed = bed;
            Ended = RunAsync();
        }

        public Task Ended { get; }

        /// <summary>Whether each session that begins from now on has to get its answer. Before the breakers are open one may meet a refusing endpoint in every one of its attempts.</summary>
        public bool MustServe { get; set; }

        /// <summary>Sessions that got none.</summary>
        public int Unserved { get; private set; }

        public void Dispose() => _ends = true;

        private async Task RunAsync()
        {
            var sessions = new List<Task>();
            while (!_ends)
            {
                sessions.Add(ServeAsync());
                await _bed.DelayAsync(1);
            }

            await Task.WhenAll(sessions);
        }

        private async Task ServeAsync()
        {
            var (mustServe, began) = (MustServe, _bed.Scheduler.Elapsed);
            var client = await _bed.ConnectAsync();
            await client.SendTextAsync("x");
            var isServed = await client.ReadTextAsync(1) == "y";
            Assert.True(isServed || !mustServe, $"the session that began at {began} was not served");
            Unserved += isServed ? 0 : 1;
            client.Abort();
        }
    }
}
