using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.P2c;

/// <summary>
/// Peak EWMA of connect latency times the connects that would be pending; never the time that a stream lasts. Weights are in the draw alone: latency per
/// weight would send a heavy endpoint everything. Costs within a quarter of each other are equal, so that noise does not decide; then, and if there is
/// no history, load per weight decides.
/// </summary>
internal readonly struct PeakEwmaMetric : ILoadMetric
{
    private const double Margin = 1.25;

    // In seconds. A smaller difference comes from the scheduler and the timer, not from the network.
    private const double MinLatency = 0.001;

    public static void Compare(in Candidate a, in Candidate b, ref PickState scope, out bool isBetterA, out bool isBetterB)
    {
        ServerEndpoint.ReadLatencies(a.Endpoint, b.Endpoint, out var costA, out var costB);
        costA = Floor(costA) * Connects(in a);
        costB = Floor(costB) * Connects(in b);
        isBetterA = costA * Margin < costB;
        isBetterB = costB * Margin < costA;
        if (!isBetterA && !isBetterB)
        {
            LeastLoadedMetric.Compare(in a, in b, ref scope, out isBetterA, out isBetterB);
        }
    }

    // 0, no history, is kept: such an endpoint is to be measured, and between two of them load per weight decides.
    private static double Floor(double seconds) => seconds is > 0 and < MinLatency ? MinLatency : seconds;

    // The number that would be pending.
    private static double Connects(in Candidate candidate) =>
        Math.Max(0, candidate.Load - (candidate.Branch is { } branch ? branch.Open : candidate.Endpoint.Open)) + 1;
}
