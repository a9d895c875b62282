using System.Buffers;
using System.Net;
using System.Text;

namespace Linkerd.Tcp.Security.Hello;

/// <summary>
/// Reads the server_name extension (RFC 6066, 3) in the way of OpenSSL, BoringSSL, Go and rustls, so that no server behind the proxy reads another name than the proxy: an empty list, an empty name and a second host_name are decode_error (BoringSSL, Go); names of other types are passed over, as they "MUST begin with a 16-bit length field" (Go);
/// a name that is no host name is unrecognized_name (OpenSSL, for zero bytes and more than 255); an IP address, which is "not permitted", counts as no name, as some clients send it (rustls).
/// A dot at the end, which must not be there either, is taken off.
/// </summary>
internal static class ServerNameReader
{
    private const byte HostNameType = 0;
    private const int MaxName = 253;
    private const int MaxLabel = 63;
    private static readonly SearchValues<byte> OfV4 = SearchValues.Create("0123456789."u8);
    private static readonly SearchValues<byte> OfV6 = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    // Underscores are no letters of host names, and are in use.
    private static readonly SearchValues<byte> OfName = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."u8);

    /// <summary>Reads the data of the extension.</summary>
    /// <param name="data">The data.</param>
    /// <param name="name">The name, in lower case; null if there is none.</param>
    /// <returns>The outcome if the extension is refused; otherwise null.</returns>
    public static ClientHelloResult? Read(ReadOnlySpan<byte> data, out string? name)
    {
        name = null;
        var extension = new TlsVectorReader(data);
        if (!extension.TryTakeLong(out var list) || list.IsEmpty || !extension.IsEmpty)
        {
            return Wrong("is cut short, empty, or of a wrong length");
        }

        var hostName = default(ReadOnlySpan<byte>);
        for (var reader = new TlsVectorReader(list); !reader.IsEmpty;)
        {
            if (!reader.TryTake(1, out var type) || !reader.TryTakeLong(out var entry) || entry.IsEmpty)
            {
                return Wrong("has a name that is cut short or empty");
            }

            if (type[0] == HostNameType)
            {
                if (!hostName.IsEmpty)
                {
                    return Wrong("has two host names");
                }

                hostName = entry;
            }
        }

        if (hostName.IsEmpty || IsAddress(hostName))
        {
            return null;
        }

        var text = hostName[^1] == '.' ? hostName[..^1] : hostName;
        if (!IsHostName(text))
        {
            return ClientHelloResult.Malformed(
                TlsAlert.UnrecognizedName, $"the server name {PlainBytes.Quote(hostName)} is not a host name; expected letters, digits, '-' and '_' in labels of 1 to {MaxLabel} with dots between them, at most {MaxName} in all");
        }

        Span<byte> lower = stackalloc byte[MaxName];
        Ascii.ToLower(text, lower, out var length);
        name = Encoding.ASCII.GetString(lower[..length]);
        return null;
    }

    private static bool IsAddress(ReadOnlySpan<byte> name) =>
        !name.ContainsAnyExcept(OfV4) ? name.Count((byte)'.') == 3 && IPAddress.IsValidUtf8(name)
            : name.Contains((byte)':') && !name.ContainsAnyExcept(OfV6) && IPAddress.IsValidUtf8(name);

    private static bool IsHostName(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > MaxName || name.ContainsAnyExcept(OfName))
        {
            return false;
        }

        for (var rest = name; ;)
        {
            var dot = rest.IndexOf((byte)'.');
            if ((dot < 0 ? rest.Length : dot) is 0 or > MaxLabel)
            {
                return false;
            }

            if (dot < 0)
            {
                return true;
            }

            rest = rest[(dot + 1)..];
        }
    }

    private static ClientHelloResult Wrong(string what) => ClientHelloResult.Malformed(TlsAlert.DecodeError, $"the server_name extension of the ClientHello {what}");
}
