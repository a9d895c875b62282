using System.Globalization;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The numbers that <c>--stats</c> logged, each as it was logged last.</summary>
internal sealed partial class StatisticsLines
{
    private readonly Dictionary<string, double> _values = [];

    public StatisticsLines(LineLog log)
    {
        foreach (var line in log.Lines)
        {
            if (Scalar().Match(line) is { Success: true } match)
            {
                _values[match.Groups[1].Value] = double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
            }
        }
    }

    /// <summary>The total or the value of an instrument; its tags belong to the name. 0 where it was never logged.</summary>
    public double this[string instrument] => _values.GetValueOrDefault(instrument);

    /// <summary>The values of an instrument, by its one tag.</summary>
    public IReadOnlyDictionary<string, double> ByTag(string instrument, string tag)
    {
        var prefix = $"{instrument}{{{tag}=";
        return _values.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(pair => pair.Key[prefix.Length..^1], pair => pair.Value);
    }

    [GeneratedRegex(@" Linkerd\.Tcp\.Statistics\] (\S+) (?:total|value)=(\S+)")]
    private static partial Regex Scalar();
}
