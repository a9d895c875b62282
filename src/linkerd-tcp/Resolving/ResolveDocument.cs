using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>The output of <c>--json</c>: the bound tree in the form of namerd's <c>bind</c>, and its endpoints.</summary>
internal sealed class ResolveDocument
{
    // As Jackson writes: no more is escaped than must be.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly NameSnapshot _snapshot;
    private readonly Queue<double?> _weights;
    private readonly Utf8JsonWriter _writer;

    private ResolveDocument(NameSnapshot snapshot, DelegateTree? delegation, Utf8JsonWriter writer)
    {
        _snapshot = snapshot;
        _weights = new(snapshot.Tree is { } tree ? LeafWeights.Of(tree, delegation) : []);
        _writer = writer;
    }

    /// <summary>Prints the document, on one line.</summary>
    /// <param name="snapshot">The known state. If there is no tree, the binding has the form of the addresses of a leaf: pending, or failed with the reason.</param>
    /// <param name="delegation">The delegation of the name; null if it is not known.</param>
    public static string Print(NameSnapshot snapshot, DelegateTree? delegation)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Options))
        {
            new ResolveDocument(snapshot, delegation, writer).Write();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private void Write()
    {
        _writer.WriteStartObject();
        _writer.WritePropertyName("bind");
        if (_snapshot.Tree is { } tree)
        {
            WriteTree(tree);
        }
        else
        {
            WriteUnbound(_snapshot.Binding);
        }

        _writer.WriteStartArray("endpoints");
        foreach (var endpoint in _snapshot.Resolution is Resolution.Bound bound ? EndpointShare.Of(bound.Endpoints) : [])
        {
            _writer.WriteStartObject();
            _writer.WriteString("address", endpoint.EndPoint.ToString());
            WriteNumber("weight", endpoint.Weight);
            // The last digits come from the arithmetic: 0.9 * 0.8 is 0.7200000000000001.
            WriteNumber("share", double.Parse(endpoint.Share.ToString("G15", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
            WriteAuthority(endpoint.Authority);
            _writer.WriteEndObject();
        }

        _writer.WriteEndArray();
        _writer.WriteEndObject();
    }

    private void WriteUnbound(NameBinding binding)
    {
        _writer.WriteStartObject();
        _writer.WriteString("type", binding is NameBinding.Failed ? "failed" : "pending");
        if (binding is NameBinding.Failed failed)
        {
            _writer.WriteString("cause", failed.Error);
        }

        _writer.WriteEndObject();
    }

    private void WriteTree(BoundTree tree)
    {
        _writer.WriteStartObject();
        switch (tree)
        {
            case BoundTree.Leaf leaf:
                _writer.WriteString("type", "leaf");
                _writer.WriteStartObject("bound");
                WriteAddresses(_snapshot.StateOf(leaf.Id), _weights.Dequeue());
                _writer.WriteString("id", leaf.Id.ToString());
                _writer.WriteString("path", leaf.Residual.ToString());
                _writer.WriteEndObject();
                break;
            case BoundTree.Union union:
                _writer.WriteString("type", "union");
                _writer.WriteStartArray("union");
                foreach (var branch in union.Branches)
                {
                    _writer.WriteStartObject();
                    WriteNumber("weight", branch.Weight);
                    _writer.WritePropertyName("tree");
                    WriteTree(branch.Tree);
                    _writer.WriteEndObject();
                }

                _writer.WriteEndArray();
                break;
            case BoundTree.Alt alt:
                _writer.WriteString("type", "alt");
                _writer.WriteStartArray("alt");
                foreach (var branch in alt.Branches)
                {
                    WriteTree(branch);
                }

                _writer.WriteEndArray();
                break;
            default:
                _writer.WriteString("type", tree is BoundTree.Fail ? "fail" : tree is BoundTree.Empty ? "empty" : "neg");
                break;
        }

        _writer.WriteEndObject();
    }

    private void WriteAddresses(Resolution state, double? weight)
    {
        _writer.WriteStartObject("addr");
        switch (state)
        {
            case Resolution.Bound bound:
                _writer.WriteString("type", "bound");
                _writer.WriteStartArray("addrs");
                foreach (var endpoint in bound.Endpoints.Groups.SelectMany(group => group.Endpoints))
                {
                    WriteAddress(endpoint);
                }

                _writer.WriteEndArray();
                _writer.WriteStartObject("meta");
                if (weight is { } branch)
                {
                    WriteNumber("namer_nametree_weight", branch);
                }

                _writer.WriteEndObject();
                break;
            case Resolution.Failed failed:
                _writer.WriteString("type", "failed");
                _writer.WriteString("cause", failed.Error);
                break;
            default:
                _writer.WriteString("type", state is Resolution.Negative ? "neg" : "pending");
                break;
        }

        _writer.WriteEndObject();
    }

    private void WriteAddress(WeightedAddress endpoint)
    {
        _writer.WriteStartObject();
        if (endpoint.Address is IPEndPoint ip)
        {
            _writer.WriteString("ip", JavaAddress.Print(ip.Address));
            _writer.WriteNumber("port", ip.Port);
        }

        _writer.WriteStartObject("meta");
        if (endpoint.Weight != 1)
        {
            WriteNumber("endpoint_addr_weight", endpoint.Weight);
        }

        WriteAuthority(endpoint.Metadata?.Authority);
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

    private void WriteAuthority(string? authority)
    {
        if (authority is not null)
        {
            _writer.WriteString("authority", authority);
        }
    }

    private void WriteNumber(string name, double value)
    {
        _writer.WritePropertyName(name);
        _writer.WriteRawValue(WeightText.PrintJava(value));
    }
}
