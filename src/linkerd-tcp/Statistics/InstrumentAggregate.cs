using System.Diagnostics.Metrics;

namespace Linkerd.Tcp.Cli.Statistics;

/// <summary>Everything that one instrument measured, by its tags.</summary>
internal sealed class InstrumentAggregate
{
    // Tags are meant to have few values; more would be a mistake that must not eat the memory.
    private const int MaxSeries = 256;

    private readonly Lock _lock = new();
    private readonly Func<KeyValuePair<string, object?>[], Series> _create;
    private readonly Series _rest;
    private Series[] _series = [];

    /// <summary>Initializes an aggregate.</summary>
    public InstrumentAggregate(Instrument instrument)
    {
        Instrument = instrument;
        var kind = instrument.GetType().IsGenericType ? instrument.GetType().GetGenericTypeDefinition() : null;
        var isTotal = kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>);
        var isAbsolute = instrument.IsObservable || kind == typeof(Gauge<>);
        _create = kind == typeof(Histogram<>) ? tags => new DistributionSeries(tags) : tags => new ScalarSeries(tags, isTotal, isAbsolute);
        _rest = _create([new("other", "tags")]);
    }

    /// <summary>The instrument.</summary>
    public Instrument Instrument { get; }

    /// <summary>Takes a measurement in. Any thread; allocates only for tags never seen before.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        (Find(Volatile.Read(ref _series), tags) ?? Add(tags)).Record(value);

    /// <summary>Begins an observation: an observable instrument reports all of its series each time; a series that it leaves out then does not exist any more.</summary>
    public void BeginObservation()
    {
        if (Instrument.IsObservable)
        {
            foreach (var series in Volatile.Read(ref _series))
            {
                series.IsCurrent = false;
            }
        }
    }

    /// <summary>A line for each series.</summary>
    public IEnumerable<string> Report(TimeSpan interval)
    {
        var unit = string.IsNullOrEmpty(Instrument.Unit) ? string.Empty : " " + Instrument.Unit;
        var current = Volatile.Read(ref _series).Where(series => series.IsCurrent).ToArray();
        return current.Length == 0 && !Instrument.IsObservable
            ? [$"{Instrument.Name} nothing yet"]
            : current.Select(series => $"{Instrument.Name}{series.Label} {series.Report(interval)}{unit}");
    }

    private static Series? Find(Series[] series, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var candidate in series)
        {
            if (candidate.Has(tags))
            {
                return candidate;
            }
        }

        return null;
    }

    private Series Add(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_lock)
        {
            if (Find(_series, tags) is { } found)
            {
                return found;
            }

            if (_series.Length >= MaxSeries)
            {
                return _rest;
            }

            var isLast = _series.Length == MaxSeries - 1;
            var added = isLast ? _rest : _create(tags.ToArray());
            Volatile.Write(ref _series, [.. _series, added]);
            return added;
        }
    }
}
