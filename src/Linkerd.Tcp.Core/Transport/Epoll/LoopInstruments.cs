using System.Diagnostics;
using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>The instruments of event loops. Observed, as the loops count what they do anyway.</summary>
internal static class LoopInstruments
{
    public static void Create(Meter meter, IReadOnlyList<EpollLoop> loops)
    {
        meter.CreateObservableUpDownCounter(
            InstrumentNames.TransportConnections, () => Each(loops, static loop => (long)loop.Connections), "{connection}", "Connections of both sides that live on each event loop.");
        meter.CreateObservableCounter(
            InstrumentNames.LoopBusy, () => Each(loops, static loop => loop.Load.Busy.TotalSeconds), "s", "The time for which each event loop was busy.");
        meter.CreateObservableGauge(
            InstrumentNames.LoopLag,
            () => Each(loops, static loop => loop.Load.Longest(Stopwatch.GetTimestamp()).TotalSeconds),
            "s",
            "The longest time for which each event loop did not look for events, in the last 15 to 30 s.");
    }

    private static IEnumerable<Measurement<T>> Each<T>(IReadOnlyList<EpollLoop> loops, Func<EpollLoop, T> value)
        where T : struct
    {
        foreach (var loop in loops)
        {
            yield return new(value(loop), new KeyValuePair<string, object?>(InstrumentNames.Loop, loop.Index));
        }
    }
}
