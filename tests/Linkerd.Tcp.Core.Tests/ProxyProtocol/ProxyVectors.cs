using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.Tests;

/// <summary>Headers that were written by hand from proxy-protocol.txt.</summary>
internal static class ProxyVectors
{
    public const string Signature = "0D0A0D0A 00 0D0A 51554954 0A";

    // 192.0.2.1:56324 -> 198.51.100.7:443
    public const string Inet = "C0000201 C6336407 DC04 01BB";

    // [2001:db8::1]:56324 -> [2001:db8::2]:443
    public const string Inet6 = "20010DB8000000000000000000000001 20010DB8000000000000000000000002 DC04 01BB";

    public static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    public static byte[] Ascii(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>A header of version 2, its length filled in.</summary>
    public static byte[] V2(string command, string family, string rest)
    {
        var bytes = Hex(rest);
        return Hex($"{Signature} {command} {family} {bytes.Length.ToString("X4", CultureInfo.InvariantCulture)} {rest}");
    }

    /// <summary>A header of version 2 with a checksum at its end.</summary>
    public static byte[] WithChecksum(string command, string family, string rest)
    {
        var header = V2(command, family, $"{rest} 03 0004 00000000");
        var crc = ChecksumOf(header);
        for (var i = 0; i < 4; i++)
        {
            header[header.Length - 4 + i] = (byte)(crc >> (24 - (8 * i)));
        }

        return header;
    }

    /// <summary>CRC32c, a bit at a time: the reflected polynomial of RFC 4960, appendix B.</summary>
    public static uint ChecksumOf(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0x82F63B78u * (crc & 1));
            }
        }

        return ~crc;
    }
}
