using System.Globalization;
using System.Net;
using Google.Protobuf.Collections;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Namerd.Shared;
using Linkerd.Tcp.Resolving;
using Family = Linkerd.Tcp.Namerd.Protocol.Endpoint.Types.AddressFamily;
using Replica = Linkerd.Tcp.Namerd.Protocol.Endpoint;
using Result = Linkerd.Tcp.Namerd.Protocol.Replicas.ResultOneofCase;

namespace Linkerd.Tcp.Namerd.Mesh.Wire;

/// <summary>Reads the addresses of an id. Entries that cannot be used are counted and left out; the others stay.</summary>
internal sealed class MeshReplicasReader
{
    private const string Weight = "endpoint_addr_weight";
    private const int V4Length = 4;
    private const int V6Length = 16;
    private int _skipped;
    private string? _example;

    public static MeshAnswer<Resolution> Read(Replicas message) => message.ResultCase switch
    {
        Result.Bound => new MeshReplicasReader().Read(message.Bound),
        Result.Neg => new(Resolution.Negative.Instance, MeshAnswerKind.Answer),
        Result.Pending => new(Resolution.Pending.Instance, MeshAnswerKind.Pending),
        Result.Failed => Failed(message.Failed.Message.Length == 0 ? "it failed, without a reason" : FailureText.Quote(message.Failed.Message)),
        _ => Failed("the state is none of pending, neg, failed and bound"),
    };

    private static MeshAnswer<Resolution> Failed(string error) => new(new Resolution.Failed(error), MeshAnswerKind.Failed) { Error = error };

    private MeshAnswer<Resolution> Read(Replicas.Types.Bound bound)
    {
        var endpoints = new List<WeightedAddress>(bound.Endpoints.Count);
        var ofAll = ReadMetadata(bound.Metadata);
        foreach (var endpoint in bound.Endpoints)
        {
            if (ReadAddress(endpoint) is not { } address)
            {
                Skip($"an address of {endpoint.Address.Length} bytes is said to be {FamilyOf(endpoint)}; expected {V4Length} for INET4 (0), {V6Length} for INET6 (1)");
            }
            else if (endpoint.Port is < IPEndPoint.MinPort + 1 or > IPEndPoint.MaxPort)
            {
                Skip(string.Create(CultureInfo.InvariantCulture, $"the port of {address} is {endpoint.Port}; expected a number from 1 to 65535"));
            }
            else
            {
                endpoints.Add(new WeightedAddress(new IPEndPoint(address, endpoint.Port), ReadWeight(endpoint), ReadMetadata(endpoint.Metadata) ?? ofAll));
            }
        }

        if (endpoints.Count == 0 && _skipped > 0)
        {
            // Not the empty set: namerd has addresses, but none that can be used.
            return Failed($"none of its {_skipped} addresses can be used, such as: {_example}");
        }

        var group = new EndpointGroup(endpoints);
        return new MeshAnswer<Resolution>(new Resolution.Bound(new EndpointSet(group)), MeshAnswerKind.Answer)
        {
            Skipped = _skipped,
            SkippedExample = _example,
            InvalidWeights = group.InvalidWeights,
        };
    }

    private static IPAddress? ReadAddress(Replica endpoint)
    {
        var bytes = endpoint.Address.Span;
        if (bytes.Length != (endpoint.InetAf switch { Family.Inet4 => V4Length, Family.Inet6 => V6Length, _ => -1 }))
        {
            return null;
        }

        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    private static string FamilyOf(Replica endpoint) => endpoint.InetAf switch
    {
        Family.Inet4 => "INET4",
        Family.Inet6 => "INET6",
        var other => string.Create(CultureInfo.InvariantCulture, $"of the family {(int)other}"),
    };

    // NaN if it is not a number: the set counts it, and takes it as 1. Before 1.7.0 there are no weights.
    private static double ReadWeight(Replica endpoint) =>
        !endpoint.Metadata.TryGetValue(Weight, out var text) ? 1
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : double.NaN;

    // Before 1.7.0 there is none.
    private static EndpointMetadata? ReadMetadata(MapField<string, string> metadata) =>
        metadata.TryGetValue(AuthorityReader.Key, out var authority) ? AuthorityReader.Of(authority) : null;

    private void Skip(string why)
    {
        _skipped++;
        _example ??= why;
    }
}
