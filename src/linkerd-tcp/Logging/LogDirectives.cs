using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Logging;

/// <summary>The filter of log messages: levels by category prefix, and a text that each message must contain.</summary>
/// <param name="Default">The level of categories that match no prefix.</param>
/// <param name="ByCategory">Levels by category prefix; the longest match decides.</param>
/// <param name="Containing">Only messages with this text are logged; null for all.</param>
/// <param name="Warnings">The parts that could not be read, and are ignored.</param>
internal sealed record LogDirectives(
    LogLevel Default, IReadOnlyList<KeyValuePair<string, LogLevel>> ByCategory, string? Containing, IReadOnlyList<string> Warnings)
{
    /// <summary>Prints the directives in the grammar of <see cref="LogDirectivesParser"/>.</summary>
    public override string ToString() =>
        string.Join(',', ByCategory.Select(static pair => $"{pair.Key}={LogDirectivesParser.NameOf(pair.Value)}").Prepend(LogDirectivesParser.NameOf(Default))) + (Containing is null ? string.Empty : "/" + Containing);

    /// <summary>Converts to the logger factory's form, which has the same rules for prefixes.</summary>
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
