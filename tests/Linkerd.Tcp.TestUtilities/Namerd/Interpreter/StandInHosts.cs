using System.Net;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>The DNS of the stand-in: literals, <c>localhost</c> and what is told it. Guarded by its owner's lock.</summary>
internal sealed class StandInHosts
{
    private readonly Dictionary<string, string[]?> _hosts = new() { ["localhost"] = ["127.0.0.1"] };

    /// <summary>Null for the addresses: no answer yet.</summary>
    public void Set(string host, string[]? addresses) => _hosts[host] = addresses;

    /// <summary>The addresses; none for a host that does not exist; null while there is no answer.</summary>
    public string[]? Lookup(string host) =>
        _hosts.TryGetValue(host, out var addresses) ? addresses
        : IPAddress.TryParse(host, out var literal) ? [StandInAddress.Print(literal)]
        : [];
}
