using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Linkerd.Tcp.Tests.Diagnostics;

/// <summary>Adds up what the instruments of a meter, and of those in its scope, say. A key is the instrument's name, with its tags in braces where it has any.</summary>
internal sealed class MeterRecorder : IDisposable
{
    private readonly MeterListener _listener = new();

    public MeterRecorder(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter || instrument.Meter.Scope == meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The sums of counters and histograms.</summary>
    public ConcurrentDictionary<string, double> Counted { get; } = new();

    /// <summary>What observable instruments said when they were asked last.</summary>
    public ConcurrentDictionary<string, double> Observed { get; } = new();

    public void Observe() => _listener.RecordObservableInstruments();

    public double Count(string key) => Counted.GetValueOrDefault(key);

    /// <summary>The sum over all tags.</summary>
    public double CountAll(string name) => Counted.Where(count => count.Key == name || count.Key.StartsWith(name + "{", StringComparison.Ordinal)).Sum(count => count.Value);

    public void Dispose() => _listener.Dispose();

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
        var name = labels.Length == 0 ? instrument.Name : $"{instrument.Name}{{{labels}}}";
        if (instrument.IsObservable)
        {
            Observed[name] = value;
        }
        else
        {
            Counted.AddOrUpdate(name, value, (_, sum) => sum + value);
        }
    }
}
