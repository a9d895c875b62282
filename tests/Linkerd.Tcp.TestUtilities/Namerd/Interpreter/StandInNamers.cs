using System.Globalization;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// The namers behind the dtab: <c>/#/io.l5d.fs</c> over files in memory, <c>/#/io.l5d.tfs</c> over the same ones with a transformer (whose ids
/// <c>resolve</c> never finds), and <c>/$/inet</c>, <c>/$/nil</c>, <c>/$/fail</c>. Guarded by its owner's lock.
/// </summary>
internal sealed class StandInNamers
{
    private static readonly DstPath Fs = DstPath.Parse("/#/io.l5d.fs");
    private static readonly DstPath TransformedFs = DstPath.Parse("/#/io.l5d.tfs");

    public Dictionary<string, string> Files { get; } = [];

    public StandInHosts Hosts { get; } = new();

    public BoundTree Lookup(DstPath name)
    {
        if (name.StartsWith(Fs))
        {
            return LookupFile(name, string.Empty);
        }

        if (name.StartsWith(TransformedFs))
        {
            return LookupFile(name, "/%/io.l5d.const");
        }

        return name.Count >= 2 && name[0] == "$" ? LookupBuiltIn(name) : new BoundTree.Neg();
    }

    /// <summary>The state of a concrete id.</summary>
    public NameState Addresses(string id)
    {
        var path = DstPath.Parse(id);
        return path.StartsWith(Fs) ? StandInFile.Read(Files.GetValueOrDefault(string.Join('/', Labels(path).Skip(2))), Hosts)
            : path[0] == "$" ? AddressesOfInet(path)
            : new NameState.Neg();
    }

    private BoundTree LookupFile(DstPath name, string transformer)
    {
        var labels = Labels(name).ToArray();
        for (var length = 3; length <= labels.Length; length++)
        {
            if (Files.ContainsKey(string.Join('/', labels[2..length])))
            {
                var id = "/" + string.Join('/', labels[..length]);
                return transformer.Length == 0 && Addresses(id) is NameState.Pending ? new BoundTree.Pending() : new BoundTree.Leaf(transformer + id);
            }
        }

        return new BoundTree.Neg();
    }

    private BoundTree LookupBuiltIn(DstPath name)
    {
        if (name[1] is "nil" or "fail")
        {
            return name[1] == "nil" ? new BoundTree.Empty() : new BoundTree.Fail();
        }

        if (name[1] != "inet")
        {
            return new BoundTree.Throws(name[1]);
        }

        // With a port and no host it is the loopback.
        var length = name.Count == 3 ? 3 : 4;
        if (name.Count < 3 || !int.TryParse(name[length - 1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            return new BoundTree.Throws($"no port in {name}");
        }

        var id = "/" + string.Join('/', Labels(name).Take(length));
        return Addresses(id) is NameState.Pending ? new BoundTree.Pending() : new BoundTree.Leaf(id);
    }

    private NameState AddressesOfInet(DstPath id)
    {
        var host = id.Count == 3 ? "localhost" : id[2];
        var port = int.Parse(id[id.Count - 1], CultureInfo.InvariantCulture);
        if (host.Contains(':', StringComparison.Ordinal))
        {
            return new NameState.Failed($"requirement failed: You must specify host and port in hosts: {host}:{port}");
        }

        if (port > ushort.MaxValue)
        {
            return new NameState.Failed($"port out of range:{port}");
        }

        return Hosts.Lookup(host) switch
        {
            null => new NameState.Pending(),
            [] => new NameState.Neg(),
            var addresses => NameState.Bound.Of(addresses.Select(address => new StandInAddress(address, port))),
        };
    }

    private static IEnumerable<string> Labels(DstPath path) => Enumerable.Range(0, path.Count).Select(i => path[i]);
}
