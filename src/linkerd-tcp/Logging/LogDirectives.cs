using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Logging;

/// <summary>What is logged: levels by category prefix, and a text that each message must contain.</summary>
/// <param name="Default">The level of categories that no prefix fits.</param>
/// <param name="ByCategory">Levels by category prefix; the longest that fits decides.</param>
/// <param name="Containing">Only messages with this text are logged; null: all.</param>
/// <param name="Warnings">What could not be read, and is ignored.</param>
internal sealed record LogDirectives(
    LogLevel Default, IReadOnlyList<KeyValuePair<string, LogLevel>> ByCategory, string? Containing, IReadOnlyList<string> Warnings)
{
    /// <summary>In the form that the logger factory understands; it has the same rules as to prefixes.</summary>
    public LoggerFilterOptions ToFilterOptions()
    {
        var options = new LoggerFilterOptions { MinLevel = Default };
        foreach (var (prefix, level) in ByCategory)
        {
            options.Rules.Add(new LoggerFilterRule(providerName: null, prefix, level, filter: null));
        }

        return options;
    }
}
