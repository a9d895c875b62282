using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Naming.Caching;

/// <summary>Represents the content of a <see cref="ResolutionFile"/>: JSON, of format 1.</summary>
internal sealed record SavedResolution(string Name, string Scope, DateTimeOffset SavedAt, EndpointSet Endpoints)
{
    private const int Format = 1;

    /// <summary>Prints a set; returns null if it contains an address that is not an IP address.</summary>
    public static ReadOnlyMemory<byte>? Print(DstPath name, string scope, DateTimeOffset now, EndpointSet endpoints)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("format", Format);
        json.WriteString("name", name.ToString());
        json.WriteString("scope", scope);
        json.WriteString("saved", now.ToString("O", CultureInfo.InvariantCulture));
        json.WriteStartArray("groups");
        foreach (var group in endpoints.Groups)
        {
            json.WriteStartObject();
            json.WriteNumber("weight", group.Weight);
            json.WriteNumber("tier", group.Tier);
            json.WriteStartArray("endpoints");
            foreach (var endpoint in group.Endpoints)
            {
                if (endpoint.Address is not IPEndPoint address)
                {
                    return null;
                }

                json.WriteStartObject();
                json.WriteString("address", address.ToString());
                json.WriteNumber("weight", endpoint.EffectiveWeight);
                if (endpoint.Metadata?.Host is { } host)
                {
                    json.WriteString("host", host);
                }

                if (endpoint.Metadata?.Authority is { } authority)
                {
                    json.WriteString("authority", authority);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <exception cref="FormatException">The bytes are not the content of such a file; the message has the reason.</exception>
    public static SavedResolution Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 8 });
            var root = document.RootElement;
            if (root.GetProperty("format").GetInt32() != Format)
            {
                throw new FormatException($"its format is {root.GetProperty("format")}; expected {Format}");
            }

            var groups = root.GetProperty("groups").EnumerateArray().Select(group => new EndpointGroup(
                group.GetProperty("endpoints").EnumerateArray().Select(ParseEndpoint).ToList(), group.GetProperty("weight").GetDouble(), group.GetProperty("tier").GetInt32()));
            return new SavedResolution(
                root.GetProperty("name").GetString() ?? string.Empty,
                root.GetProperty("scope").GetString() ?? string.Empty,
                DateTimeOffset.Parse(root.GetProperty("saved").GetString() ?? string.Empty, CultureInfo.InvariantCulture),
                new EndpointSet([.. groups]));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static WeightedAddress ParseEndpoint(JsonElement endpoint) =>
        new(ParseAddress(endpoint.GetProperty("address").GetString() ?? string.Empty), endpoint.GetProperty("weight").GetDouble(), ParseMetadata(endpoint));

    // Files of earlier versions have no metadata.
    private static EndpointMetadata? ParseMetadata(JsonElement endpoint)
    {
        var host = endpoint.TryGetProperty("host", out var ofHost) ? ofHost.GetString() : null;
        var authority = endpoint.TryGetProperty("authority", out var ofAuthority) ? ofAuthority.GetString() : null;
        return host is null && authority is null ? null : new EndpointMetadata(host, authority);
    }

    // Accepts only printed addresses, not other forms, which other parsers may read as another address.
    private static IPEndPoint ParseAddress(string text) =>
        IPEndPoint.TryParse(text, out var address) && (address.AddressFamily != AddressFamily.InterNetwork || address.ToString() == text) ? address
            : throw new FormatException($"'{text}' is not an IP address and a port, such as 10.0.0.1:80 or [2001:db8::1]:80");
}
