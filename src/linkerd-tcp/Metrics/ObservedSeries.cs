using System.Diagnostics.Metrics;

namespace Linkerd.Tcp.Cli.Metrics;

/// <summary>
/// Writes what the observable instruments of this program say at one moment, in Prometheus' text format or as OpenMetrics. It keeps no series, so that what comes and goes
/// (endpoints, names) needs no memory and no limit here. Any thread.
/// </summary>
internal sealed class ObservedSeries : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, ObservedFamily> _families = new(StringComparer.Ordinal);

    /// <param name="includes">Returns true for the instruments whose series are written here.</param>
    public ObservedSeries(Func<Instrument, bool> includes)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (includes(instrument))
            {
                Add(instrument, listener);
            }
        };
        _listener.MeasurementsCompleted = Remove;
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((ObservedFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((ObservedFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((ObservedFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Collects all measurements. An instrument that throws has none.</summary>
    /// <param name="isOpenMetrics">True for OpenMetrics, without its end.</param>
    /// <returns>The text, in parts. The caller disposes each.</returns>
    public List<SeriesBuffer> Collect(bool isOpenMetrics)
    {
        var parts = new List<SeriesBuffer>();
        lock (_lock)
        {
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException)
            {
                // Code of a balancer, which may be foreign. The others were recorded.
            }

            string? name = null;
            foreach (var family in _families.Values)
            {
                if (family.TakeLines() is not { } lines)
                {
                    continue;
                }

                if (family.Name != name)
                {
                    name = family.Name;
                    var header = new SeriesBuffer();
                    family.AppendHeader(header, isOpenMetrics);
                    parts.Add(header);
                }

                parts.Add(lines);
            }
        }

        return parts;
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, MeterListener listener)
    {
        var family = new ObservedFamily(instrument);
        lock (_lock)
        {
            if (_families.TryGetValue(family.Key, out var known))
            {
                family = known;
            }
            else
            {
                _families.Add(family.Key, family);
            }

            family.Add(instrument);
        }

        listener.EnableMeasurementEvents(instrument, family);
    }

    private void Remove(Instrument instrument, object? state)
    {
        var family = (ObservedFamily)state!;
        lock (_lock)
        {
            family.Remove(instrument);
            if (family.IsEmpty)
            {
                _families.Remove(family.Key);
            }
        }
    }
}
