using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>The instruments of event loops. Observed, as the loops count their connections anyway.</summary>
internal static class LoopInstruments
{
    public static void Create(Meter meter, IReadOnlyList<EpollLoop> loops) => meter.CreateObservableUpDownCounter(
        InstrumentNames.TransportConnections, () => Observe(loops), "{connection}", "Connections of both sides that live on each event loop.");

    private static IEnumerable<Measurement<long>> Observe(IReadOnlyList<EpollLoop> loops)
    {
        foreach (var loop in loops)
        {
            yield return new(loop.Connections, new KeyValuePair<string, object?>(InstrumentNames.Loop, loop.Index));
        }
    }
}
