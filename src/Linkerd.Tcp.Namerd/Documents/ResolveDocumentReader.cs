using System.Text.Json;
using Linkerd.Tcp.Namerd.Shared;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>
/// Reads a set of addresses, which is a document or part of one. Members may come in any order, and the last of equal ones counts. Unknown
/// members are skipped; of <c>meta</c> all but <c>authority</c>. For one object.
/// </summary>
internal struct ResolveDocumentReader
{
    private string? _type;
    private string? _cause;
    private EndpointReader? _addresses;
    private EndpointMetadata? _metadata;

    /// <summary>Reads from the brace that opens the object to the one that closes it.</summary>
    /// <exception cref="JsonException">This is not JSON.</exception>
    /// <exception cref="InvalidOperationException">A string in it is not valid.</exception>
    public static ResolveDocument Read(ref Utf8JsonReader json)
    {
        var reader = default(ResolveDocumentReader);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            reader.ReadMember(ref json);
        }

        return reader.Interpret();
    }

    public static ResolveDocument Unusable(string why) => new(new Resolution.Failed($"the answer makes no sense: {why}"), IsAnswer: false);

    private void ReadMember(ref Utf8JsonReader json)
    {
        if (json.ValueTextEquals("type"u8))
        {
            json.Read();
            _type = DocumentJson.TakeString(ref json);
        }
        else if (json.ValueTextEquals("cause"u8))
        {
            json.Read();
            _cause = DocumentJson.TakeString(ref json);
        }
        else if (json.ValueTextEquals("addrs"u8))
        {
            json.Read();
            _addresses = json.TokenType == JsonTokenType.StartArray ? new EndpointReader() : null;
            if (_addresses is null)
            {
                json.Skip();
            }
            else
            {
                _addresses.ReadArray(ref json);
            }
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

    // Numbers, booleans and objects are there too.
    private void ReadMeta(ref Utf8JsonReader json)
    {
        _metadata = null;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isAuthority = AuthorityReader.IsAt(json);
            json.Read();
            if (isAuthority)
            {
                _metadata = AuthorityReader.Take(ref json);
            }
            else
            {
                json.Skip();
            }
        }
    }

    private readonly ResolveDocument Interpret() => _type switch
    {
        "bound" => _addresses is { } addresses ? addresses.ToDocument(_metadata) : Unusable("it is bound, and has no list 'addrs'"),
        "neg" => new(Resolution.Negative.Instance),
        "pending" => new(Resolution.Pending.Instance),
        "failed" => new(new Resolution.Failed($"the lookup failed{(_cause is null ? ", and no cause was given" : $": {FailureText.Quote(_cause)}")}")),
        null => Unusable("it has no 'type'"),
        _ => Unusable($"its type is {FailureText.Quote(_type)}; expected bound, neg, failed or pending"),
    };
}
