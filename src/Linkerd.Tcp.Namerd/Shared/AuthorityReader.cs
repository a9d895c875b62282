using System.Text.Json;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>
/// Reads <c>authority</c> of namerd's metadata, which stands for a set (Consul's namer with <c>setHost</c>) or for an address. Metadata may hold anything: a value that cannot be an
/// authority is ignored, without an error.
/// </summary>
internal static class AuthorityReader
{
    /// <summary>The key.</summary>
    public const string Key = "authority";

    // 253 characters of a name (RFC 1035), a colon and five digits.
    private const int MaxLength = 259;

    /// <summary>Gets the metadata of an authority; null if it is empty, longer than a name with a port, or not of printable ASCII.</summary>
    public static EndpointMetadata? Of(string? authority) =>
        authority is { Length: > 0 and <= MaxLength } && !authority.AsSpan().ContainsAnyExceptInRange('!', '~') ? new EndpointMetadata(authority: authority) : null;

    /// <summary>Returns true if the name at the reader is the key.</summary>
    public static bool IsAt(in Utf8JsonReader json) => !json.ValueIsEscaped && json.ValueTextEquals(Key);

    /// <summary>Takes the value at the reader.</summary>
    public static EndpointMetadata? Take(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String && !json.ValueIsEscaped && json.ValueSpan.Length <= MaxLength)
        {
            return Of(System.Text.Encoding.UTF8.GetString(json.ValueSpan));
        }

        json.Skip();
        return null;
    }
}
