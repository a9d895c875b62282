using System.Net;
using Linkerd.Tcp.TestUtilities.Simulation;

namespace Linkerd.Tcp.Tests.Transport;

public sealed class SimulatedTransportConformanceTests : TransportConformanceTests
{
    private const int Seeds = 20;

    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        for (var seed = 0UL; seed < Seeds; seed++)
        {
            var scheduler = new SimulatedScheduler();
            var bed = new SimulatedBed(scheduler, RandomSource.Seeded(seed));
            try
            {
                scheduler.Run(async () =>
                {
                    await test(bed);
                    await bed.DisposeAsync();
                });
            }
            catch (Exception error) when (error is not Xunit.Sdk.SkipException)
            {
                throw new InvalidOperationException($"Seed {seed}, at {scheduler.Elapsed}: {error.Message}", error);
            }
        }

        return Task.CompletedTask;
    }

    private sealed class SimulatedBed : TransportBed
    {
        private readonly SimulatedNetwork _network;
        private readonly SimulatedTransport _host;

        public SimulatedBed(SimulatedScheduler scheduler, IRandomSource random)
        {
            _network = new SimulatedNetwork(scheduler, random) { DefaultLink = SimulatedLinkOptions.Draw(random) };
            _host = _network.AddHost("host");
        }

        public override ITransport Transport => _host;

        public override EndPoint FreeAddress => _host.AnyPort;

        public override int MoreThanFits => 1 << 20;

        public override int Rounds => 4;

        public override Task<EndPoint> SilentAddressAsync()
        {
            var silent = new IPEndPoint(IPAddress.Parse("10.9.9.9"), 9);
            _network.Endpoint(silent).Blackhole();
            return Task.FromResult<EndPoint>(silent);
        }

        public override Task RunElsewhereAsync(Action action) => _network.Scheduler.RunElsewhereAsync(action);

        public override Task PauseAsync() => _network.Scheduler.Delay(TimeSpan.FromMilliseconds(20));
    }
}
