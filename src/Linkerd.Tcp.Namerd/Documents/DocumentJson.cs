using System.Globalization;
using System.Text.Json;

namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>The common part of the readers of all documents: they go token by token, without reflection and without a tree of ten thousand addresses.</summary>
internal static class DocumentJson
{
    /// <summary>The deepest nesting that is read. A tree of namerd takes four levels a node; deeper documents count as malformed.</summary>
    public const int MaxDepth = 256;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>A reader that stands at the brace that opens the document.</summary>
    /// <exception cref="JsonException">This is not a JSON object.</exception>
    public static Utf8JsonReader Begin(ReadOnlySpan<byte> utf8)
    {
        var json = new Utf8JsonReader(utf8, Options);
        return json.Read() && json.TokenType == JsonTokenType.StartObject ? json : throw new JsonException("a JSON object is expected");
    }

    /// <summary>Checks that only white space follows the object.</summary>
    /// <exception cref="JsonException">There is more.</exception>
    public static void End(ref Utf8JsonReader json)
    {
        while (json.Read())
        {
            // The reader throws at the first token that does not belong here.
            continue;
        }
    }

    /// <summary>
    /// Returns true if an exception means that this is not JSON. InvalidOperationException is the reader's exception for a string that is not UTF-8 or holds
    /// half a surrogate pair.
    /// </summary>
    public static bool IsMalformed(Exception exception) => exception is JsonException or InvalidOperationException;

    /// <summary>Takes the string at the reader; null, with the value skipped, if it is another kind of value.</summary>
    public static string? TakeString(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String)
        {
            return json.GetString();
        }

        json.Skip();
        return null;
    }

    /// <summary>Takes the weight at the reader, as a number or as text. NaN if it is not a weight, for the caller to count and take as 1; 1 for null.</summary>
    public static double TakeWeight(ref Utf8JsonReader json)
    {
        var weight = json.TokenType switch
        {
            JsonTokenType.Number => json.TryGetDouble(out var number) ? number : double.NaN,
            JsonTokenType.String => double.TryParse(json.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN,
            JsonTokenType.Null => 1,
            _ => double.NaN,
        };
        json.Skip();
        return weight;
    }
}
