using System.Text.Json;

namespace Linkerd.Tcp.Namerd;

/// <summary>
/// Reads one document token by token: no reflection, and no tree of a set of ten thousand addresses. Members may come in any order, and the last of
/// equal ones counts. <c>meta</c> and what is not known is skipped, whatever it is. For one document.
/// </summary>
internal sealed class ResolveDocumentReader
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 256 };
    private string? _type;
    private string? _cause;
    private EndpointReader? _addresses;

    /// <exception cref="JsonException">This is no JSON object.</exception>
    /// <exception cref="InvalidOperationException">A string in it is none.</exception>
    public ResolveDocument Read(ReadOnlySpan<byte> utf8)
    {
        var json = new Utf8JsonReader(utf8, ReaderOptions);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("a JSON object is expected");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            ReadMember(ref json);
        }

        // Past the object only white space is left, or this throws.
        while (json.Read())
        {
        }

        return Interpret();
    }

    private void ReadMember(ref Utf8JsonReader json)
    {
        if (json.ValueTextEquals("type"u8))
        {
            json.Read();
            _type = TakeString(ref json);
        }
        else if (json.ValueTextEquals("cause"u8))
        {
            json.Read();
            _cause = TakeString(ref json);
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
        else
        {
            json.Read();
            json.Skip();
        }
    }

    private ResolveDocument Interpret() => _type switch
    {
        "bound" => _addresses is { } addresses ? addresses.ToDocument() : Unusable("it is bound, and has no list 'addrs'"),
        "neg" => new(Resolution.Negative.Instance),
        "pending" => new(Resolution.Pending.Instance),
        "failed" => new(new Resolution.Failed($"the lookup failed{(_cause is null ? ", and no cause was given" : $": {NamerdFailure.Quote(_cause)}")}")),
        null => Unusable("it has no 'type'"),
        _ => Unusable($"its type is {NamerdFailure.Quote(_type)}; expected bound, neg, failed or pending"),
    };

    internal static ResolveDocument Unusable(string why) => new(new Resolution.Failed($"the answer makes no sense: {why}"), IsAnswer: false);

    /// <summary>The string at the reader; null, and the value skipped, where there is something else.</summary>
    internal static string? TakeString(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String)
        {
            return json.GetString();
        }

        json.Skip();
        return null;
    }
}
