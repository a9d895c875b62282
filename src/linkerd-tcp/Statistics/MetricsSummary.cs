using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;

namespace Linkerd.Tcp.Cli.Statistics;

/// <summary>Listens to every instrument of the meter <see cref="LinkerdTcpTelemetry.MeterName"/>, and sums up their measurements.</summary>
internal sealed class MetricsSummary : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly TimeProvider _timeProvider;
    private readonly List<InstrumentAggregate> _aggregates = [];
    private long _lastReport;

    /// <summary>Starts to listen, to instruments that come later too.</summary>
    public MetricsSummary(TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _lastReport = timeProvider.GetTimestamp();
        _listener.InstrumentPublished = Subscribe;
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => ((InstrumentAggregate)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => ((InstrumentAggregate)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((InstrumentAggregate)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((InstrumentAggregate)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => ((InstrumentAggregate)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((InstrumentAggregate)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => ((InstrumentAggregate)state!).Record((double)value, tags));
        _listener.Start();
    }

    /// <summary>A line for each instrument and its tags, by name: totals since the start, rates and distributions since the last report.</summary>
    /// <exception cref="AggregateException">The callback of an observable instrument threw.</exception>
    public IReadOnlyList<string> Report()
    {
        InstrumentAggregate[] aggregates;
        lock (_lock)
        {
            aggregates = [.. _aggregates.OrderBy(aggregate => aggregate.Instrument.Name, StringComparer.Ordinal)];
        }

        foreach (var aggregate in aggregates)
        {
            aggregate.BeginObservation();
        }

        _listener.RecordObservableInstruments();
        var now = _timeProvider.GetTimestamp();
        var interval = _timeProvider.GetElapsedTime(_lastReport, now);
        _lastReport = now;
        return [.. aggregates.SelectMany(aggregate => aggregate.Report(interval))];
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Subscribe(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name != LinkerdTcpTelemetry.MeterName)
        {
            return;
        }

        var aggregate = new InstrumentAggregate(instrument);
        lock (_lock)
        {
            _aggregates.Add(aggregate);
        }

        listener.EnableMeasurementEvents(instrument, aggregate);
    }
}
