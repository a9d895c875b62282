using System.Net;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Dns;

/// <summary>The addresses of a hosts file. Immutable.</summary>
internal sealed class HostsFile
{
    // Addresses in their text form: the interface of a zone comes and goes.
    private readonly Dictionary<string, List<string>> _addresses = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Initializes it from the text of the file: an address and its names a line. Lines that are not understood are passed over.</summary>
    public HostsFile(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 1 && (AddressLiteral.Read(words[0]) is not null || AddressLiteral.HasZoneName(words[0])))
            {
                foreach (var name in words.Skip(1))
                {
                    Add(name.TrimEnd('.'), words[0]);
                }
            }
        }
    }

    /// <summary>Gets the addresses of a host; none if the file does not contain it.</summary>
    public IReadOnlyList<IPAddress> Find(string host) => _addresses.TryGetValue(host.TrimEnd('.'), out var addresses)
        ? [.. addresses.Select(address => AddressLiteral.Read(address)).OfType<IPAddress>().Distinct()]
        : [];

    private void Add(string name, string address)
    {
        if (!_addresses.TryGetValue(name, out var addresses))
        {
            _addresses.Add(name, addresses = []);
        }

        if (!addresses.Contains(address))
        {
            addresses.Add(address);
        }
    }
}
