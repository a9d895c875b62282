using System.Net;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>The DNS of the stand-in: literals, <c>localhost</c> and what is told it. Guarded by its owner's lock.</summary>
internal sealed class StandInHosts(StandInReads reads)
{
    private readonly Dictionary<string, string[]?> _hosts = new() { ["localhost"] = ["127.0.0.1"] };

    /// <summary>Is told each host that nothing is known of, once: from then on it is pending. Null: such hosts do not exist.</summary>
    public Action<string>? Follow { get; set; }

    /// <summary>Sets what a host's addresses are; null: no answer yet.</summary>
    /// <returns>The facts that this changes.</returns>
    public IEnumerable<string> Set(string host, string[]? addresses)
    {
        _hosts[host] = addresses;
        return [Fact(host)];
    }

    /// <summary>The addresses; none for a host that does not exist; null while there is no answer.</summary>
    public string[]? Lookup(string host)
    {
        if (_hosts.TryGetValue(host, out var addresses))
        {
            reads.Note(Fact(host));
            return addresses;
        }

        if (Literal(host) is { } literal)
        {
            return [literal];
        }

        reads.Note(Fact(host));
        if (Follow is null)
        {
            return [];
        }

        _hosts[host] = null;
        Follow(host);
        return null;
    }

    /// <summary>The address that a host is as it stands, printed as Java prints it; null for a name.</summary>
    public static string? Literal(string host) => IPAddress.TryParse(host, out var address) ? StandInAddress.Print(address) : null;

    private static string Fact(string host) => $"host {host}";
}
