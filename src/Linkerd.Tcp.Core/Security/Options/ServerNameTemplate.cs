using System.Globalization;
using System.Text;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security.Options;

/// <summary>Makes the name to verify of a destination's servers from <see cref="ServerTlsOptions.ServerName"/>.</summary>
internal static class ServerNameTemplate
{
    /// <summary>The placeholder of the client's server name.</summary>
    public const string ClientName = "{sni}";

    private const int MaxLabel = 32;

    /// <summary>Returns the problem of a template; null if it can be used.</summary>
    public static string? FindProblem(string? template)
    {
        if (template is null)
        {
            return null;
        }

        // A sample is a name if every name with fitting labels is one.
        return TryExpand(template, static _ => "x", "x", out var sample) && PeerName.TryParse(sample, out _) && !sample.Contains('*', StringComparison.Ordinal) && !sample.Contains("://", StringComparison.Ordinal)
            ? null
            : $"a host name or an IP address was expected, with the placeholders {ClientName}, {{1}} to {{{MaxLabel}}} or none, not '{template}'.";
    }

    /// <summary>Returns the name.</summary>
    /// <param name="template">A template without problems; null: none.</param>
    /// <param name="name">The name of the destination.</param>
    /// <param name="serverName">The server name of the client; null if there is none.</param>
    /// <returns>The name; null if there is no template, if a placeholder has no value, or if its value makes no host name.</returns>
    public static string? Expand(string? template, DstPath name, string? serverName) =>
        template is not null && TryExpand(template, label => label <= name.Count ? name[label - 1] : null, serverName, out var expanded)
        && (ReferenceEquals(expanded, template) || HostName.IsValid(expanded)) ? expanded : null;

    private static bool TryExpand(string template, Func<int, string?> labelOf, string? serverName, out string expanded)
    {
        expanded = template;
        if (!template.Contains('{', StringComparison.Ordinal))
        {
            return !template.Contains('}', StringComparison.Ordinal);
        }

        var result = new StringBuilder();
        var rest = template.AsSpan();
        while (rest.IndexOf('{') is var open and >= 0)
        {
            result.Append(rest[..open]);
            rest = rest[(open + 1)..];
            var close = rest.IndexOf('}');
            if (close < 0)
            {
                return false;
            }

            var placeholder = rest[..close];
            var value = placeholder.SequenceEqual(ClientName.AsSpan(1, ClientName.Length - 2)) ? serverName
                : int.TryParse(placeholder, NumberStyles.None, CultureInfo.InvariantCulture, out var label) && label is > 0 and <= MaxLabel ? labelOf(label)
                : null;
            if (value is null)
            {
                return false;
            }

            result.Append(value);
            rest = rest[(close + 1)..];
        }

        result.Append(rest);
        expanded = result.ToString();
        return !rest.Contains('}');
    }
}
