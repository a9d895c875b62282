using System.Diagnostics.Metrics;

namespace Linkerd.Tcp.Cli.Metrics;

/// <summary>Gets the names of observable instruments in Prometheus' formats, by the rules of OpenTelemetry's specification, as the exporter does for the others.</summary>
internal static class PrometheusName
{
    /// <summary>Gets the name of an instrument, without the suffix of counters.</summary>
    public static string Of(Instrument instrument)
    {
        var name = Escape(instrument.Name);
        return Unit(instrument) is { } unit && !name.EndsWith("_" + unit, StringComparison.Ordinal) ? $"{name}_{unit}" : name;
    }

    /// <summary>Gets the unit as a part of the name; null if the name has none, as for units in braces.</summary>
    public static string? Unit(Instrument instrument) => instrument.Unit switch
    {
        "s" => "seconds",
        "By" => "bytes",
        _ => null,
    };

    /// <summary>Returns true if the instrument is a counter that never decreases, whose name ends in <c>_total</c>.</summary>
    public static bool IsCounter(Instrument instrument) => instrument is ObservableCounter<long> or ObservableCounter<double> or ObservableCounter<int>;

    /// <summary>Gets the name of a tag.</summary>
    public static string Escape(string name) => string.Create(name.Length, name, static (text, name) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = char.IsAsciiLetterOrDigit(name[i]) ? name[i] : '_';
        }
    });
}
