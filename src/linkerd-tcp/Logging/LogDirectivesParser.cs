using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Logging;

/// <summary>
/// The grammar of Rust's env_logger: <c>[directive{,directive}][/text]</c>, a directive being <c>level</c>, <c>prefix</c> or <c>prefix=level</c>.
/// The text after the slash is searched for in the message as it stands, as by env_logger when built without regular expressions.
/// </summary>
internal static class LogDirectivesParser
{
    private static readonly (string Name, LogLevel Level)[] Levels =
    [
        ("off", LogLevel.None),
        ("error", LogLevel.Error),
        ("warn", LogLevel.Warning),
        ("info", LogLevel.Information),
        ("debug", LogLevel.Debug),
        ("trace", LogLevel.Trace),
    ];

    /// <summary>Gets the directives of an environment: <c>LINKERD_TCP_LOG</c>, or <c>RUST_LOG</c> if that is unset, or otherwise the default.</summary>
    public static LogDirectives FromEnvironment(Func<string, string?> environment, string defaultText = "info")
    {
        foreach (var variable in (string[])["LINKERD_TCP_LOG", "RUST_LOG"])
        {
            if (environment(variable) is { } value && value.Trim().Length > 0)
            {
                return Parse(variable, value);
            }
        }

        return Parse(string.Empty, defaultText);
    }

    /// <summary>Gets the name of a level.</summary>
    public static string NameOf(LogLevel level) => Array.Find(Levels, known => known.Level == level).Name;

    /// <summary>Parses directives; a part that cannot be read is ignored with a warning.</summary>
    /// <param name="variable">The source of the directives, for the warnings.</param>
    /// <param name="text">The directives.</param>
    public static LogDirectives Parse(string variable, string text)
    {
        var warnings = new List<string>();
        var categories = new Dictionary<string, LogLevel>(StringComparer.OrdinalIgnoreCase);
        LogLevel? fallback = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var containing = slash < 0 ? null : text[(slash + 1)..];
        foreach (var directive in (slash < 0 ? text : text[..slash]).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = directive.Split('=', StringSplitOptions.TrimEntries);
            if (directive.Contains('*', StringComparison.Ordinal))
            {
                warnings.Add($"{variable}: '{directive}' is ignored; a category is given by how it begins, without '*'");
            }
            else if (parts.Length == 1 && ReadLevel(parts[0]) is { } global)
            {
                fallback = global;
            }
            else if (parts[0].Length > 0 && parts.Length <= 2 && DescribeUnknown(variable, parts[0], parts.Length == 1) is { } unknown)
            {
                warnings.Add($"{variable}: '{directive}' is ignored; {unknown}");
            }
            else if (parts[0].Length > 0 && parts.Length <= 2 && (parts.Length == 1 || parts[1].Length == 0))
            {
                categories[ReadCategory(parts[0])] = LogLevel.Trace;
            }
            else if (parts[0].Length > 0 && parts.Length == 2 && ReadLevel(parts[1]) is { } level)
            {
                categories[ReadCategory(parts[0])] = level;
            }
            else
            {
                var meant = parts is [_, var last] ? SuggestLevel(last) : null;
                warnings.Add($"{variable}: '{directive}' is ignored; {meant}expected a level (off, error, warn, info, debug, trace), a category, or <category>=<level>");
            }
        }

        // As in env_logger, naming categories alone turns the others off; but a value in which nothing was understood does not turn everything off.
        fallback ??= categories.Count > 0 ? LogLevel.None : LogLevel.Information;
        return new LogDirectives(fallback.Value, [.. categories], string.IsNullOrEmpty(containing) ? null : containing, warnings);
    }

    // A level that is mistyped looks like a category, and naming one alone turns all others off. RUST_LOG may be set for other programs too.
    private static string? DescribeUnknown(string variable, string text, bool isAlone)
    {
        var category = ReadCategory(text);
        if (category.StartsWith(LinkerdTcpTelemetry.MeterName, StringComparison.OrdinalIgnoreCase)
            || LinkerdTcpTelemetry.MeterName.StartsWith(category, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var meant = isAlone ? SuggestLevel(text) : null;
        return meant is null && variable == "RUST_LOG" ? null
            : $"{meant}expected a level (off, error, warn, info, debug, trace), or a category, all of which begin with {LinkerdTcpTelemetry.MeterName}";
    }

    private static string? SuggestLevel(string text)
    {
        var names = Levels.Select(level => level.Name).ToList();
        var meant = names.Find(name => text.StartsWith(name, StringComparison.OrdinalIgnoreCase)) ?? Suggestion.Find(text.ToLowerInvariant(), names);
        return meant is null ? null : $"did you mean {meant}? ";
    }

    private static LogLevel? ReadLevel(string text)
    {
        foreach (var (name, level) in Levels)
        {
            if (name.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return level;
            }
        }

        return null;
    }

    // RUST_LOG as it was set for the original names its crate, and modules with colons.
    private static string ReadCategory(string text)
    {
        const string Crate = "linkerd_tcp";
        var category = text.Replace("::", ".", StringComparison.Ordinal);
        return category.StartsWith(Crate, StringComparison.OrdinalIgnoreCase) ? LinkerdTcpTelemetry.MeterName + category[Crate.Length..] : category;
    }
}
