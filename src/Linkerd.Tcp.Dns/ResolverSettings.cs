using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Dns;

/// <summary>The name servers and the search list of <c>resolv.conf</c>, within the bounds of the C library. Immutable.</summary>
/// <param name="Addresses">The addresses of the servers, in order, in their text form.</param>
/// <param name="Search">The domains to try, in order.</param>
/// <param name="Ndots">The number of dots from which on a name is tried as it stands first.</param>
internal sealed record ResolverSettings(ImmutableArray<string> Addresses, ImmutableArray<string> Search, int Ndots)
{
    // MAXNS, RES_MAXNDOTS, RES_MAXRETRANS and RES_MAXRETRY of resolv.h.
    private const int MaxServers = 3;
    private const int MaxNdots = 15;
    private const int MaxTimeout = 30;
    private const int MaxAttempts = 5;
    private const int Port = 53;

    public static ResolverSettings Default { get; } = new([], [], 1);

    /// <summary>The time for one try at one server; null if the file has none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The number of tries at each server.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>True if each query begins with another server.</summary>
    public bool Rotate { get; init; }

    /// <summary>The entries for servers that are not addresses.</summary>
    public ImmutableArray<string> NoAddresses { get; init; } = [];

    /// <summary>The servers, in order, without those in a zone whose interface does not exist now.</summary>
    public IReadOnlyList<IPEndPoint> Servers =>
        [.. Addresses.Select(address => AddressLiteral.Read(address)).OfType<IPAddress>().Select(address => new IPEndPoint(address, Port))];

    /// <summary>Parses the text of the file according to resolv.conf(5); lines that are not understood are passed over.</summary>
    public static ResolverSettings Parse(string text)
    {
        var settings = Default;
        foreach (var words in text.Split('\n').Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 1))
        {
            switch (words[0])
            {
                case "nameserver" when AddressLiteral.Read(words[1]) is null && !AddressLiteral.HasZoneName(words[1]):
                    settings = settings with { NoAddresses = settings.NoAddresses.Add(words[1]) };
                    break;
                case "nameserver" when settings.Addresses.Length < MaxServers:
                    settings = settings with { Addresses = settings.Addresses.Add(words[1]) };
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

        return settings;
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
        option == "rotate" ? this with { Rotate = true }
        : NumberOf(option, "ndots:") is { } ndots ? this with { Ndots = Math.Min(ndots, MaxNdots) }
        : NumberOf(option, "timeout:") is { } seconds ? this with { Timeout = TimeSpan.FromSeconds(Math.Clamp(seconds, 1, MaxTimeout)) }
        : NumberOf(option, "attempts:") is { } attempts ? this with { Attempts = Math.Clamp(attempts, 1, MaxAttempts) }
        : this;

    private static int? NumberOf(string option, string name) =>
        option.StartsWith(name, StringComparison.Ordinal) && int.TryParse(option.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
