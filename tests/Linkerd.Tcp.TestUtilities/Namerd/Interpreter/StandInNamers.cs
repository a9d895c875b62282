using System.Globalization;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// The namers behind the dtab: <c>/#/io.l5d.fs</c> over files in memory, <c>/#/io.l5d.tfs</c> over the same ones with a transformer where there is to be one
/// (whose ids <c>resolve</c> never finds), ids that were set one by one, and <c>/$/inet</c>, <c>/$/nil</c>, <c>/$/fail</c>. Guarded by its owner's lock.
/// </summary>
internal sealed class StandInNamers(StandInReads reads)
{
    private const string TransformerFact = "transformer";
    private static readonly DstPath Fs = DstPath.Parse("/#/io.l5d.fs");
    private static readonly DstPath TransformedFs = DstPath.Parse("/#/io.l5d.tfs");
    private static readonly DstPath Transformer = DstPath.Parse("/%/io.l5d.const");
    private readonly Dictionary<DstPath, NameState> _ids = [];
    private DstPath? _target;

    public StandInFiles Files { get; } = new(reads);

    public StandInHosts Hosts { get; } = new(reads);

    /// <summary>The fact that the state of an id is.</summary>
    public static string Fact(DstPath id) => $"id {id}";

    /// <summary>An id without the transformers before its first <c>#</c> or <c>$</c>.</summary>
    public static DstPath WithoutTransformer(DstPath id)
    {
        for (var i = 0; i < id.Count; i++)
        {
            if (id[i] is "#" or "$")
            {
                return id.Skip(i);
            }
        }

        return id;
    }

    /// <summary>Sets the state of an id, which goes before what the namers say of it; null takes it back.</summary>
    public void Set(DstPath id, NameState? state)
    {
        if (state is null)
        {
            _ids.Remove(id);
        }
        else
        {
            _ids[id] = state;
        }
    }

    /// <summary>Adds the namer with a transformer, which sends everything to one id.</summary>
    /// <returns>The facts that this changes.</returns>
    public IEnumerable<string> Transform(DstPath target)
    {
        _target = target;
        return [TransformerFact];
    }

    /// <summary>What a concrete name is bound to.</summary>
    public BoundTree Lookup(DstPath name)
    {
        if (name.Count == 0 || name[0] is not ("#" or "$" or "%"))
        {
            return new BoundTree.Neg();
        }

        if (LookupId(name) is { } id)
        {
            return new BoundTree.Leaf(id, name.Skip(id.Count));
        }

        if (name.StartsWith(Fs))
        {
            return Files.Lookup(name, Fs.Count) is { } file ? new BoundTree.Leaf(file, name.Skip(file.Count)) : new BoundTree.Neg();
        }

        if (name.StartsWith(TransformedFs))
        {
            reads.Note(TransformerFact);
            return _target is { } target && Files.Lookup(name, TransformedFs.Count) is { } file
                ? new BoundTree.Leaf(Transformer.Append(target), name.Skip(file.Count))
                : new BoundTree.Neg();
        }

        return name[0] == "$" && name.Count >= 2 ? LookupBuiltIn(name) : new BoundTree.Neg();
    }

    /// <summary>What <c>addr</c> says of a path: of the leaf that it is bound to without any dtab.</summary>
    public NameState Addresses(DstPath path) => Lookup(path) switch
    {
        BoundTree.Leaf leaf => AddressesOfLeaf(leaf.Id),
        BoundTree.Empty => new NameState.Bound([]),
        BoundTree.Fail => new NameState.BindError("name tree failed"),
        BoundTree.Throws throws => new NameState.BindError(throws.Message),
        _ => new NameState.Neg(),
    };

    /// <summary>The addresses of the id of a leaf.</summary>
    public NameState AddressesOfLeaf(DstPath id)
    {
        reads.Note(Fact(id));
        if (_ids.TryGetValue(id, out var state))
        {
            return state;
        }

        id = WithoutTransformer(id);
        return id.StartsWith(Fs) ? Files.Get(id, Fs.Count)?.Read(Hosts) ?? new NameState.Neg()
            : id.Count > 2 && id[0] == "$" ? AddressesOfInet(id)
            : new NameState.Neg();
    }

    private DstPath? LookupId(DstPath name)
    {
        for (var length = 1; length <= name.Count; length++)
        {
            var id = name.Take(length);
            reads.Note(Fact(id));
            if (_ids.ContainsKey(id))
            {
                return id;
            }
        }

        return null;
    }

    private static BoundTree LookupBuiltIn(DstPath name)
    {
        if (name[1] is "nil" or "fail")
        {
            return name[1] == "nil" ? new BoundTree.Empty() : new BoundTree.Fail();
        }

        // With a port and no host it is the loopback; a host that is a number goes before it.
        var length = name[1] is not ("inet" or "fixedinet") ? 0 : IsPort(name, 3) ? 4 : IsPort(name, 2) ? 3 : 0;
        return length == 0 ? new BoundTree.Throws(name[1]) : new BoundTree.Leaf(name.Take(length), name.Skip(length));
    }

    private NameState AddressesOfInet(DstPath id)
    {
        var host = id.Count == 3 ? "localhost" : id[2];
        var port = int.Parse(id[id.Count - 1], CultureInfo.InvariantCulture);
        if (host.Contains(':', StringComparison.Ordinal))
        {
            return new NameState.Failed($"requirement failed: You must specify host and port in hosts: {host}:{port}");
        }

        if (port is < 0 or > ushort.MaxValue)
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

    private static bool IsPort(DstPath name, int index) => index < name.Count && int.TryParse(name[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
}
