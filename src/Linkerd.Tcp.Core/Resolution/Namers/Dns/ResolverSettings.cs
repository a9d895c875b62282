using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Linkerd.Tcp;

/// <summary>What <c>resolv.conf</c> says of name servers and the search list. Immutable.</summary>
/// <param name="Servers">The servers, in order.</param>
/// <param name="Search">The domains to try, in order.</param>
/// <param name="Ndots">A name with so many dots is tried as it stands first.</param>
internal sealed record ResolverSettings(ImmutableArray<IPEndPoint> Servers, ImmutableArray<string> Search, int Ndots)
{
    private const int MostNdots = 15;
    private const int Port = 53;

    public static ResolverSettings Default { get; } = new([], [], 1);

    /// <summary>Reads the text of the file as resolv.conf(5) has it; what is not understood is passed over.</summary>
    public static ResolverSettings Parse(string text)
    {
        var servers = ImmutableArray.CreateBuilder<IPEndPoint>();
        var settings = Default;
        foreach (var words in text.Split('\n').Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 1))
        {
            switch (words[0])
            {
                case "nameserver" when IPAddress.TryParse(words[1], out var address):
                    servers.Add(new IPEndPoint(address, Port));
                    break;

                // The last of either counts.
                case "search":
                    settings = settings with { Search = [.. words.Skip(1).TakeWhile(IsNoComment).Select(domain => domain.Trim('.')).Where(domain => domain.Length > 0)] };
                    break;
                case "domain":
                    settings = settings with { Search = words[1].Trim('.') is { Length: > 0 } domain ? [domain] : [] };
                    break;
                case "options":
                    settings = words.Skip(1).TakeWhile(IsNoComment).Aggregate(settings, static (settings, option) => settings.WithOption(option));
                    break;
            }
        }

        return settings with { Servers = servers.DrainToImmutable() };
    }

    /// <summary>The full names that a name may stand for, in the order in which they are tried.</summary>
    public IEnumerable<string> NamesFor(string name)
    {
        if (name.EndsWith('.'))
        {
            return [name.TrimEnd('.')];
        }

        var searched = Search.Select(domain => $"{name}.{domain}");
        return name.Count(c => c == '.') >= Ndots ? searched.Prepend(name) : searched.Append(name);
    }

    private static bool IsNoComment(string word) => word[0] is not ('#' or ';');

    private ResolverSettings WithOption(string option) =>
        option.StartsWith("ndots:", StringComparison.Ordinal) && int.TryParse(option.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var ndots)
            ? this with { Ndots = Math.Min(ndots, MostNdots) }
            : this;
}
