using System.Net;
using System.Text.Json;
using Linkerd.Tcp.Namerd.Shared;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>Reads the <c>addrs</c> of one document. Entries that cannot be used are counted and left out; the others stay.</summary>
internal sealed class EndpointReader
{
    // An IPv6 address with a long zone.
    private const int MaxAddressLength = 128;

    private readonly List<WeightedAddress> _endpoints = [];
    private int _skipped;
    private string? _example;
    private IPAddress? _address;
    private string? _badAddress;
    private int? _port;
    private string? _portText;
    private double _weight;
    private EndpointMetadata? _metadata;

    /// <summary>Reads from the start of the array to its end.</summary>
    public void ReadArray(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject)
            {
                ReadEntry(ref json);
            }
            else
            {
                Skip($"an entry is a JSON {json.TokenType}");
                json.Skip();
            }
        }
    }

    /// <summary>Ends the reading.</summary>
    /// <param name="ofAll">The metadata of the whole set; null if it has none. An entry's own comes before it.</param>
    public ResolveDocument ToDocument(EndpointMetadata? ofAll)
    {
        for (var i = 0; ofAll is not null && i < _endpoints.Count; i++)
        {
            if (_endpoints[i] is { Metadata: null } endpoint)
            {
                _endpoints[i] = new WeightedAddress(endpoint.Address, endpoint.Weight, ofAll);
            }
        }

        if (_endpoints.Count == 0 && _skipped > 0)
        {
            // Not the empty set: namerd has addresses, but none that can be used.
            return ResolveDocumentReader.Unusable($"none of its {_skipped} addresses can be used, such as: {_example}");
        }

        var group = new EndpointGroup(_endpoints);
        return new ResolveDocument(new Resolution.Bound(new EndpointSet(group)))
        {
            Skipped = _skipped,
            SkippedExample = _example,
            InvalidWeights = group.InvalidWeights,
        };
    }

    private void ReadEntry(ref Utf8JsonReader json)
    {
        (_address, _badAddress, _port, _portText, _weight, _metadata) = (null, null, null, null, 1, null);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("ip"u8))
            {
                json.Read();
                ReadAddress(ref json);
            }
            else if (json.ValueTextEquals("port"u8))
            {
                json.Read();
                ReadPort(ref json);
            }
            else if (json.ValueTextEquals("meta"u8))
            {
                json.Read();
                ReadMeta(ref json);
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        if (_address is null)
        {
            Skip(_badAddress is null ? "an entry has no 'ip'" : $"{FailureText.Quote(_badAddress)} is no address of this machine's networks");
        }
        else if (_port is not { } port)
        {
            Skip($"the port of {_address} is {_portText ?? "missing"}; expected a number from 1 to 65535");
        }
        else
        {
            _endpoints.Add(new WeightedAddress(new IPEndPoint(_address, port), _weight, _metadata));
        }
    }

    // There may be tens of thousands: no string is made of one that is good.
    private void ReadAddress(ref Utf8JsonReader json)
    {
        (_address, _badAddress) = (null, null);
        if (json.TokenType != JsonTokenType.String)
        {
            json.Skip();
            return;
        }

        Span<char> text = stackalloc char[MaxAddressLength];
        if (json.ValueSpan.Length <= MaxAddressLength)
        {
            _address = AddressReader.Read(text[..json.CopyString(text)]);
        }

        _badAddress = _address is null ? json.GetString() : null;
    }

    private void ReadPort(ref Utf8JsonReader json)
    {
        _port = json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var port) && port is >= 1 and <= ushort.MaxValue ? port : null;
        _portText = _port is not null ? null
            : json.TokenType == JsonTokenType.Number ? FailureText.Quote(System.Text.Encoding.ASCII.GetString(json.ValueSpan))
            : $"a JSON {json.TokenType}";
        json.Skip();
    }

    private void ReadMeta(ref Utf8JsonReader json)
    {
        (_weight, _metadata) = (1, null);
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isWeight = json.ValueTextEquals("endpoint_addr_weight"u8);
            var isAuthority = !isWeight && AuthorityReader.IsAt(json);
            json.Read();
            if (isWeight)
            {
                _weight = DocumentJson.TakeWeight(ref json);
            }
            else if (isAuthority)
            {
                _metadata = AuthorityReader.Take(ref json);
            }
            else
            {
                json.Skip();
            }
        }
    }

    private void Skip(string why)
    {
        _skipped++;
        _example ??= why;
    }
}
