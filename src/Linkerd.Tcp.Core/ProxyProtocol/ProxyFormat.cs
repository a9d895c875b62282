using System.Globalization;
using System.Numerics;
using System.Text;

namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Contains the constants of the PROXY protocol.</summary>
internal static class ProxyFormat
{
    /// <summary>The largest length of a version 1 line, including its CRLF.</summary>
    public const int MaxLineLength = 107;

    /// <summary>The length of the version 2 fields before the addresses: signature, version and command, family and protocol, length.</summary>
    public const int Prefix = 16;

    /// <summary>The length of the IPv4 addresses: two of 4 bytes, and two ports.</summary>
    public const int InetBlock = 12;

    /// <summary>The length of the IPv6 addresses: two of 16 bytes, and two ports.</summary>
    public const int Inet6Block = 36;

    /// <summary>The length of a Unix-domain address: <c>sun_path</c> of unix(7).</summary>
    public const int UnixPath = 108;

    /// <summary>The length of two Unix-domain addresses.</summary>
    public const int UnixBlock = 2 * UnixPath;

    /// <summary>The length of an optional field before its value: type and length.</summary>
    public const int TlvPrefix = 3;

    /// <summary>The length of the optional field with the checksum.</summary>
    public const int ChecksumTlv = TlvPrefix + sizeof(uint);

    private const int Quoted = 24;

    public static ReadOnlySpan<byte> Signature => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    public static ReadOnlySpan<byte> LinePrefix => "PROXY "u8;

    /// <summary>Returns the CRC32c (RFC 4960, appendix B) of a header, with its four bytes at <paramref name="at"/> taken as 0.</summary>
    public static uint Checksum(ReadOnlySpan<byte> header, int at)
    {
        var crc = Add(uint.MaxValue, header[..at]);
        crc = BitOperations.Crc32C(crc, 0u);
        return ~Add(crc, header[(at + sizeof(uint))..]);
    }

    /// <summary>Returns the first bytes for a message, with bytes other than printable ASCII as <c>\x00</c>.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("'");
        foreach (var value in bytes[..Math.Min(bytes.Length, Quoted)])
        {
            _ = value is >= 0x20 and < 0x7F and not (byte)'\\' and not (byte)'\'' ? text.Append((char)value) : text.Append(CultureInfo.InvariantCulture, $"\\x{value:X2}");
        }

        return text.Append(bytes.Length > Quoted ? "'..." : "'").ToString();
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }
}
