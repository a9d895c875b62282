using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.Cli.Metrics;

/// <summary>
/// Represents the series of one name and one set of meter tags: those of one instrument, or of several that are alike, such as those of two proxies of a router, whose values are added
/// up (of gauges, the last one counts). Used under the lock of <see cref="ObservedSeries"/>.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Taken after each collection.")]
internal sealed class ObservedFamily
{
    private readonly List<Instrument> _instruments = [];
    private readonly bool _isCounter;
    private readonly bool _isSum;
    private readonly string _begin;
    private readonly byte[] _beginBytes;
    private readonly Dictionary<string, double> _merged = new(StringComparer.Ordinal);

    // What precedes the value of each tag. An instrument has few, and always the same.
    private readonly Dictionary<string, byte[]> _labels = new(StringComparer.Ordinal);
    private SeriesBuffer? _lines;
    private int _lastLength = 1024;

    /// <param name="instrument">The first of its instruments.</param>
    public ObservedFamily(Instrument instrument)
    {
        _isCounter = PrometheusName.IsCounter(instrument);
        _isSum = _isCounter || instrument.GetType().GetGenericTypeDefinition() == typeof(ObservableUpDownCounter<>);
        Name = PrometheusName.Of(instrument);
        var labels = new StringBuilder().Append(Name).Append(_isCounter ? "_total" : string.Empty).Append("{otel_scope_name=\"").Append(instrument.Meter.Name).Append('"');
        using var value = new SeriesBuffer();
        foreach (var (key, tag) in instrument.Meter.Tags ?? [])
        {
            value.Clear();
            value.AppendQuoted(Convert.ToString(tag, CultureInfo.InvariantCulture) ?? string.Empty);
            labels.Append(",otel_scope_").Append(PrometheusName.Escape(key)).Append('=').Append(Encoding.UTF8.GetString(value.Written.Span));
        }

        _begin = labels.ToString();
        _beginBytes = Encoding.UTF8.GetBytes(_begin);
        Unit = PrometheusName.Unit(instrument);
        Description = instrument.Description ?? string.Empty;
    }

    /// <summary>Gets the name, without the suffix of counters.</summary>
    public string Name { get; }

    /// <summary>Gets the beginning of each line, which families that are alike have in common.</summary>
    public string Key => _begin;

    // An array of the pool; whoever takes it disposes it.
    private SeriesBuffer Lines => _lines ??= new(_lastLength);

    private string? Unit { get; }

    private string Description { get; }

    public bool IsEmpty => _instruments.Count == 0;

    public void Add(Instrument instrument) => _instruments.Add(instrument);

    public void Remove(Instrument instrument) => _instruments.Remove(instrument);

    /// <summary>Adds a measurement.</summary>
    public void Record(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_instruments.Count > 1)
        {
            Merge(value, tags);
            return;
        }

        AppendLabels(Lines, tags);
        Lines.Append(value);
        Lines.Append("\n"u8);
    }

    /// <inheritdoc cref="Record(long, ReadOnlySpan{KeyValuePair{string, object?}})"/>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_instruments.Count > 1)
        {
            Merge(value, tags);
            return;
        }

        AppendLabels(Lines, tags);
        Lines.Append(value);
        Lines.Append("\n"u8);
    }

    /// <summary>Takes the lines of all measurements since the last call; null if there are none. The caller disposes them.</summary>
    public SeriesBuffer? TakeLines()
    {
        foreach (var (labels, value) in _merged)
        {
            Lines.Append(labels);
            Lines.Append(value);
            Lines.Append("\n"u8);
        }

        _merged.Clear();
        var lines = _lines;
        _lines = null;
        _lastLength = lines?.Written.Length ?? _lastLength;
        return lines;
    }

    /// <summary>Writes the lines that precede those of the series.</summary>
    public void AppendHeader(SeriesBuffer text, bool isOpenMetrics)
    {
        var name = _isCounter && !isOpenMetrics ? Name + "_total" : Name;
        text.Append($"# TYPE {name} {(_isCounter ? "counter" : "gauge")}\n");
        if (isOpenMetrics && Unit is not null)
        {
            text.Append($"# UNIT {name} {Unit}\n");
        }

        text.Append($"# HELP {name} {Description.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\n");
    }

    private void Merge(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        using var labels = new SeriesBuffer();
        AppendLabels(labels, tags);
        var key = Encoding.UTF8.GetString(labels.Written.Span);
        _merged[key] = _isSum ? _merged.GetValueOrDefault(key) + value : value;
    }

    private void AppendLabels(SeriesBuffer text, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        text.Append(_beginBytes);
        foreach (var (key, value) in tags)
        {
            if (!_labels.TryGetValue(key, out var label))
            {
                _labels[key] = label = Encoding.UTF8.GetBytes($",{PrometheusName.Escape(key)}=");
            }

            text.Append(label);
            text.AppendQuoted(value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty);
        }

        text.Append("} "u8);
    }
}
