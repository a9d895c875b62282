using System.Net;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>The simulation, with links drawn from a seed.</summary>
internal sealed class SimulatedBed : TransportBed
{
    private readonly SimulatedHost _host;

    private SimulatedBed(SimulatedScheduler scheduler, ulong seed)
    {
        Random = RandomSource.Seeded(seed);
        Network = new SimulatedNetwork(scheduler, Random) { DefaultLink = SimulatedLinkOptions.Draw(Random) };
        _host = Network.AddHost("host");
        foreach (var source in Sources)
        {
            _host.AddAddress(source);
        }
    }

    public Random Random { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedScheduler Scheduler => Network.Scheduler;

    public override ITransport Transport => _host;

    public override IReadOnlyList<IPAddress> Sources { get; } = [IPAddress.Parse("10.7.0.2"), IPAddress.Parse("10.7.0.3")];

    public override EndPoint FreeAddress => _host.AnyPort;

    public override int MoreThanFits => 1 << 20;

    public override int Rounds => 10;

    /// <summary>Runs a test once for each seed, and says which one failed.</summary>
    public static void Run(int seeds, Func<SimulatedBed, Task> test)
    {
        for (var seed = 0UL; seed < (ulong)seeds; seed++)
        {
            var scheduler = new SimulatedScheduler();
            var bed = new SimulatedBed(scheduler, seed);
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
    }

    public override void LetHandlersThrow() => Network.HandlersMayThrow = true;

    public override async Task<ITransportListener?> ListenInVainAsync(IConnectionHandler handler)
    {
        _host.AcceptsToFail = 3;
        var listener = Own(await Transport.ListenAsync(new TransportListenOptions { EndPoint = FreeAddress }, TestContext.Current.CancellationToken));
        listener.Start(handler);
        await ConnectAsync(listener.LocalEndPoint);
        return listener;
    }

    public override Task<EndPoint> SilentAddressAsync()
    {
        var silent = new IPEndPoint(IPAddress.Parse("10.9.9.9"), 9);
        Network.Endpoint(silent).Blackhole();
        return Task.FromResult<EndPoint>(silent);
    }

    public override Task RunElsewhereAsync(Action action) => Scheduler.RunElsewhereAsync(action);

    public override Task PauseAsync() => Scheduler.Delay(TimeSpan.FromMilliseconds(20));

    public Task DelayAsync(double milliseconds) => Scheduler.Delay(TimeSpan.FromMilliseconds(milliseconds));
}
