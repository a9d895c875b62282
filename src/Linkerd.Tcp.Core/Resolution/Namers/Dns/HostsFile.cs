using System.Net;

namespace Linkerd.Tcp;

/// <summary>The addresses of a hosts file. Immutable.</summary>
internal sealed class HostsFile
{
    private readonly Dictionary<string, List<IPAddress>> _addresses = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the text of the file: an address and its names a line. What is not understood is passed over.</summary>
    public HostsFile(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 1 && IPAddress.TryParse(words[0], out var address))
            {
                foreach (var name in words.Skip(1))
                {
                    Add(name.TrimEnd('.'), address);
                }
            }
        }
    }

    /// <summary>The addresses of a host; none where the file does not know it.</summary>
    public IReadOnlyList<IPAddress> Find(string host) => _addresses.GetValueOrDefault(host.TrimEnd('.')) ?? [];

    private void Add(string name, IPAddress address)
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
