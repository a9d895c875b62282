using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;
using Dtab = Linkerd.Tcp.Naming.Dtab;
using Path = Linkerd.Tcp.Namerd.Protocol.Path;
using Replica = Linkerd.Tcp.Namerd.Protocol.Endpoint;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>What the stand-in knows, as messages of the mesh; made apart from the product's own reading of them.</summary>
internal static class MeshMessages
{
    private const string Wildcard = "*";

    // Finagle's entry for none, which namerd sends in place of leaving it out.
    private static readonly DtabEntry NoEntry = new(DtabPrefix.Parse(@"/\x2f"), NameTree.Negative.Instance);

    /// <summary>The bytes of each label, without escapes.</summary>
    public static Path Of(DstPath name) => new() { Elems = { Enumerable.Range(0, name.Count).Select(i => Label(name[i])) } };

    /// <summary>A leaf has no addresses here.</summary>
    public static BoundNameTree Of(BoundTree tree) => tree switch
    {
        BoundTree.Leaf leaf => new() { Leaf = new() { Id = Of(leaf.Id), Residual = Of(leaf.Residual) } },
        BoundTree.Union union => new()
        {
            Union = new()
            {
                Trees = { union.Branches.Select(branch => new BoundNameTree.Types.Union.Types.Weighted { Weight = branch.Weight, Tree = Of(branch.Tree) }) },
            },
        },
        BoundTree.Fail => new() { Fail = new() },
        BoundTree.Empty => new() { Empty = new() },
        _ => new() { Neg = new() },
    };

    /// <summary>Weights go as text; a failure is a message, not an error.</summary>
    public static Replicas Of(NameState state) => state switch
    {
        NameState.Bound bound => new() { Bound = new() { Endpoints = { bound.Addresses.Select(Of) } } },
        NameState.Failed failed => new() { Failed = new() { Message = failed.Cause ?? string.Empty } },
        NameState.Pending => new() { Pending = new() },
        _ => new() { Neg = new() },
    };

    public static Namerd.Protocol.VersionedDtab Of(VersionedDtab dtab)
    {
        var version = new byte[sizeof(long)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(version, dtab.Version);
        return new() { Version = new() { Id = ByteString.CopyFrom(version) }, Dtab = Of(dtab.Dtab.Printed) };
    }

    public static Namerd.Protocol.Dtab Of(Dtab dtab) => new() { Dentries = { dtab.Entries.Select(entry => Of(entry)) } };

    /// <summary>Each step with the entry that led to it; in place of none there is one with the prefix <c>/\x2f</c>.</summary>
    public static BoundDelegateTree Of(DelegateTree tree)
    {
        var message = new BoundDelegateTree { Path = Of(tree.Path), Dentry = Of(tree.Entry ?? NoEntry) };
        switch (tree)
        {
            case DelegateTree.Leaf leaf:
                message.Leaf = new() { Id = Of(leaf.Bound.Id), Residual = Of(leaf.Bound.Residual) };
                break;
            case DelegateTree.Step step:
                message.Delegate = Of(step.Next);
                break;
            case DelegateTree.Alt alt:
                message.Alt = new() { Trees = { alt.Branches.Select(Of) } };
                break;
            case DelegateTree.Union union:
                message.Union = new() { Trees = { union.Branches.Select(branch => new BoundDelegateTree.Types.Union.Types.Weighted { Weight = branch.Weight, Tree = Of(branch.Tree) }) } };
                break;
            case DelegateTree.Throws throws:
                message.Exception = $"BoundDelegateTree Exception: {throws.Message}";
                break;
            case DelegateTree.Fail:
                message.Fail = new();
                break;
            case DelegateTree.Empty:
                message.Empty = new();
                break;
            default:
                message.Neg = new();
                break;
        }

        return message;
    }

    private static Namerd.Protocol.Dtab.Types.Dentry Of(DtabEntry entry)
    {
        var prefix = new Namerd.Protocol.Dtab.Types.Dentry.Types.Prefix();
        for (var i = 0; i < entry.Prefix.Count; i++)
        {
            var element = new Namerd.Protocol.Dtab.Types.Dentry.Types.Prefix.Types.Elem();
            if (entry.Prefix[i] == Wildcard)
            {
                element.Wildcard = new();
            }
            else
            {
                element.Label = Label(entry.Prefix[i]);
            }

            prefix.Elems.Add(element);
        }

        return new() { Prefix = prefix, Dst = Of(entry.Tree) };
    }

    private static PathNameTree Of(NameTree tree) => tree switch
    {
        NameTree.Leaf leaf => new() { Leaf = new() { Id = Of(leaf.Path) } },
        NameTree.Alt alt => new() { Alt = new() { Trees = { alt.Branches.Select(Of) } } },
        NameTree.Union union => new()
        {
            Union = new() { Trees = { union.Branches.Select(branch => new PathNameTree.Types.Union.Types.Weighted { Weight = branch.Weight, Tree = Of(branch.Tree) }) } },
        },
        NameTree.Fail => new() { Fail = new() },
        NameTree.Empty => new() { Empty = new() },
        _ => new() { Neg = new() },
    };

    private static Replica Of(StandInAddress address)
    {
        // What is no address goes out as the bytes of its text, which no client can take for one.
        var known = IPAddress.TryParse(address.Ip, out var ip);
        var replica = new Replica
        {
            InetAf = ip is { AddressFamily: AddressFamily.InterNetworkV6 } ? Replica.Types.AddressFamily.Inet6 : Replica.Types.AddressFamily.Inet4,
            Address = known ? ByteString.CopyFrom(ip!.GetAddressBytes()) : ByteString.CopyFromUtf8(address.Ip),
            Port = address.Port,
            Meta = new(),
        };
        if (address.Weight is { } weight)
        {
            replica.Metadata["endpoint_addr_weight"] = JavaDouble.Print(weight).Trim('"');
        }

        return replica;
    }

    private static ByteString Label(string printed) => printed.StartsWith('\\')
        ? ByteString.CopyFrom([.. printed.Split("\\x", StringSplitOptions.RemoveEmptyEntries).Select(hex => byte.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture))])
        : ByteString.CopyFromUtf8(printed);
}
