using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Testing;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>Looks at the load of every endpoint ten times a second.</summary>
internal sealed class LoadSampler(BalanceWorld world)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly SlowStartOptions _slowStart = new SlowStartOptions();
    private readonly TimeSpan?[] _rampSince = new TimeSpan?[world.Servers.Count];
    private ScheduledItem? _next;

    public void Start() => _next = world.Scheduler.Schedule(Interval, static sampler => ((LoadSampler)sampler!).Sample(), this);

    public void Stop() => _next?.Cancel();

    private void Sample()
    {
        world.Record.BeginSample();
        foreach (var server in world.Servers)
        {
            if (world.EndpointOf(server) is { } endpoint)
            {
                var isEjected = (endpoint.Gate & AdmissionGate.Ejected) != 0;
                var isUp = server.IsUp && (endpoint.Gate & (AdmissionGate.Ejected | AdmissionGate.Draining)) == 0;
                var weight = server.Weight * RampFactor(server.Index, endpoint);
                world.Record.AddSample(server.Index, endpoint.Load, isUp ? weight : 0, isEjected);
            }
        }

        world.Record.EndSample(world.Now, world.Destination.PendingSessions);
        Start();
    }

    // Since it was first seen to start slowly: late by up to an interval, so that the fair load comes out too small rather than too large.
    private double RampFactor(int index, ServerEndpoint endpoint)
    {
        if ((endpoint.Gate & AdmissionGate.Ramping) == 0 || (endpoint.Gate & AdmissionGate.Ejected) != 0)
        {
            _rampSince[index] = null;
            return 1;
        }

        return _slowStart.Factor(world.Now - (_rampSince[index] ??= world.Now));
    }
}
