using System.Buffers;
using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.Security.Hello;

/// <summary>Represents the kinds of first bytes that are not TLS.</summary>
internal enum PlainKind
{
    /// <summary>None of the others.</summary>
    Other,

    /// <summary>A request of HTTP without TLS.</summary>
    Http,

    /// <summary>The ClientHello of SSL 2.0, also as a way to offer later versions (RFC 5246, E.2).</summary>
    Ssl2Hello,

    /// <summary>Text, such as the greeting of SSH.</summary>
    Text,

    /// <summary>A request of PostgreSQL without TLS.</summary>
    Postgres,
}

/// <summary>Describes first bytes that are not TLS.</summary>
internal static class PlainBytes
{
    private const int Quoted = 24;
    private const byte Ssl2Length = 0x80;
    private const byte Ssl2ClientHello = 1;

    // RFC 9110, 9; "PRI" begins HTTP/2 (RFC 9113, 3.4).
    private static readonly byte[][] Methods =
        [.. new[] { "GET ", "POST ", "PUT ", "HEAD ", "OPTIONS ", "DELETE ", "PATCH ", "CONNECT ", "TRACE ", "PRI * HTTP/" }.Select(Encoding.ASCII.GetBytes)];

    private static readonly SearchValues<byte> Printable = SearchValues.Create([(byte)'\t', (byte)'\r', (byte)'\n', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(value => (byte)value)]);

    /// <summary>Returns the outcome for bytes that are not TLS; at least one.</summary>
    public static ClientHelloResult Describe(ReadOnlySpan<byte> bytes)
    {
        var kind = KindOf(bytes);
        var what = kind switch
        {
            PlainKind.Http => "an HTTP request without TLS",
            PlainKind.Ssl2Hello => "a ClientHello of SSL 2.0",
            PlainKind.Text => "text",
            _ => "bytes that are not TLS",
        };
        return ClientHelloResult.NotTls(kind, $"the client sent {what}, {Quote(bytes)}; expected a TLS ClientHello");
    }

    private static PlainKind KindOf(ReadOnlySpan<byte> bytes)
    {
        foreach (var method in Methods)
        {
            if (bytes.StartsWith(method))
            {
                return PlainKind.Http;
            }
        }

        // A length of two bytes with the highest bit set, the type, and the version: 0.2 or 3.x.
        if (bytes is [>= Ssl2Length, _, Ssl2ClientHello, 0 or 3, ..])
        {
            return PlainKind.Ssl2Hello;
        }

        return bytes[..Math.Min(bytes.Length, Quoted)].ContainsAnyExcept(Printable) ? PlainKind.Other : PlainKind.Text;
    }

    /// <summary>Returns the first bytes for a message, those that are not printable ASCII as <c>\x00</c>.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("'");
        foreach (var value in bytes[..Math.Min(bytes.Length, Quoted)])
        {
            _ = value is >= 0x20 and < 0x7F and not (byte)'\\' and not (byte)'\'' ? text.Append((char)value) : text.Append(CultureInfo.InvariantCulture, $"\\x{value:X2}");
        }

        return text.Append(bytes.Length > Quoted ? "'..." : "'").ToString();
    }
}
