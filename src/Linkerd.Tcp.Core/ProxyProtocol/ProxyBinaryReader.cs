using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Reads the binary header of version 2 (section 2.2 of proxy-protocol.txt).</summary>
internal static class ProxyBinaryReader
{
    private const int CommandAt = 12;
    private const int FamilyAt = 13;
    private const int LengthAt = 14;
    private const int Version2 = 0x20;
    private const int Stream = 1;
    private const int Datagram = 2;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private enum Family
    {
        Unspecified,
        Inet,
        Inet6,
        Unix,
    }

    /// <summary>Reads from bytes that begin with all or a part of <see cref="ProxyFormat.Signature"/>.</summary>
    public static ProxyReadResult Read(ReadOnlySpan<byte> bytes, int maxLength)
    {
        if (bytes.Length <= CommandAt)
        {
            return ProxyReadResult.NeedsMore;
        }

        if (bytes[CommandAt] is not (Version2 | (int)ProxyCommand.Local) and not (Version2 | (int)ProxyCommand.Proxy))
        {
            return Wrong("version and command", $"0x{bytes[CommandAt]:X2}", CommandAt, "0x20 (version 2, LOCAL) or 0x21 (version 2, PROXY)");
        }

        var command = (ProxyCommand)(bytes[CommandAt] & 0x0F);
        if (bytes.Length <= FamilyAt)
        {
            return ProxyReadResult.NeedsMore;
        }

        // "including the family which is ignored", for LOCAL.
        var family = (Family)(bytes[FamilyAt] >> 4);
        var protocol = bytes[FamilyAt] & 0x0F;
        if (command == ProxyCommand.Proxy && (family > Family.Unix || protocol > Datagram))
        {
            return Wrong("family and protocol", $"0x{bytes[FamilyAt]:X2}", FamilyAt, "a family from 0 to 3 (UNSPEC, INET, INET6, UNIX) and a protocol from 0 to 2 (UNSPEC, STREAM, DGRAM)");
        }

        if (bytes.Length < ProxyFormat.Prefix)
        {
            return ProxyReadResult.NeedsMore;
        }

        var rest = BinaryPrimitives.ReadUInt16BigEndian(bytes[LengthAt..]);
        var length = ProxyFormat.Prefix + rest;
        if (length > maxLength)
        {
            return Wrong("length", $"{rest}", LengthAt, $"at most {maxLength - ProxyFormat.Prefix}");
        }

        var block = BlockOf(family);
        if (command == ProxyCommand.Proxy && rest < block)
        {
            return Wrong("length", $"{rest}", LengthAt, $"at least {block}, the two addresses of {family.ToString().ToUpperInvariant()}");
        }

        return bytes.Length < length ? ProxyReadResult.NeedsMore
            : command == ProxyCommand.Local ? ReadLocal(bytes[..length], ProxyFormat.Prefix + block)
            : ReadProxy(bytes[..length], ProxyFormat.Prefix + block, family, isStream: protocol == Stream);
    }

    private static int BlockOf(Family family) => family switch
    {
        Family.Inet => ProxyFormat.InetBlock,
        Family.Inet6 => ProxyFormat.Inet6Block,
        Family.Unix => ProxyFormat.UnixBlock,
        _ => 0,
    };

    private static ProxyReadResult ReadProxy(ReadOnlySpan<byte> header, int tlvsAt, Family family, bool isStream)
    {
        if ((CheckTlvs(header, tlvsAt) ?? CheckSum(header, tlvsAt)) is { } problem)
        {
            return ProxyReadResult.Invalid(problem);
        }

        // The addresses of a datagram are not those of a connection: handled as UNSPEC.
        var block = header[ProxyFormat.Prefix..tlvsAt];
        var (source, destination) = (isStream ? family : Family.Unspecified) switch
        {
            Family.Inet => (ReadAddress(block[..4], block[8..]), ReadAddress(block[4..8], block[10..])),
            Family.Inet6 => (ReadAddress(block[..16], block[32..]), ReadAddress(block[16..32], block[34..])),
            Family.Unix => (ReadUnix(block[..ProxyFormat.UnixPath]), ReadUnix(block[ProxyFormat.UnixPath..])),
            _ => default((EndPoint?, EndPoint?)),
        };
        return new(new ProxyHeader(ProxyCommand.Proxy, source, destination, header[tlvsAt..].ToArray()), header.Length);
    }

    // It "must accept this connection as valid [...] and discard the protocol block": unreadable fields are left out. A checksum must be right nevertheless.
    private static ProxyReadResult ReadLocal(ReadOnlySpan<byte> header, int tlvsAt)
    {
        if (tlvsAt >= header.Length || CheckTlvs(header, tlvsAt) is not null)
        {
            return new(ProxyHeader.Local, header.Length);
        }

        return CheckSum(header, tlvsAt) is { } problem ? ProxyReadResult.Invalid(problem)
            : new(new ProxyHeader(ProxyCommand.Local, null, null, header[tlvsAt..].ToArray()), header.Length);
    }

    private static string? CheckTlvs(ReadOnlySpan<byte> header, int at)
    {
        var hasChecksum = false;
        while (at < header.Length)
        {
            var rest = header[at..];
            var length = rest.Length < ProxyFormat.TlvPrefix ? -1 : BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
            if (length < 0 || length > rest.Length - ProxyFormat.TlvPrefix)
            {
                return $"the optional field 0x{rest[0]:X2} of the PROXY header, at offset {at}, is longer than the {rest.Length} bytes that are left; expected it to end at offset {header.Length}";
            }

            var type = (ProxyTlvType)rest[0];
            var expected = type switch
            {
                ProxyTlvType.Crc32C when hasChecksum => "no second checksum",
                ProxyTlvType.Crc32C when length != sizeof(uint) => "4",
                ProxyTlvType.UniqueId when length > ProxyHeader.MaxUniqueIdLength => $"at most {ProxyHeader.MaxUniqueIdLength}",
                ProxyTlvType.Ssl when length < ProxyHeader.SslPrefix => $"at least {ProxyHeader.SslPrefix}",
                _ => null,
            };
            if (expected is not null)
            {
                return $"the optional field 0x{rest[0]:X2} of the PROXY header, at offset {at}, has {length} bytes; expected {expected}";
            }

            hasChecksum |= type == ProxyTlvType.Crc32C;
            at += ProxyFormat.TlvPrefix + length;
        }

        return null;
    }

    private static string? CheckSum(ReadOnlySpan<byte> header, int at)
    {
        while (at < header.Length && (ProxyTlvType)header[at] != ProxyTlvType.Crc32C)
        {
            at += ProxyFormat.TlvPrefix + BinaryPrimitives.ReadUInt16BigEndian(header[(at + 1)..]);
        }

        if (at >= header.Length)
        {
            return null;
        }

        at += ProxyFormat.TlvPrefix;
        var (found, expected) = (BinaryPrimitives.ReadUInt32BigEndian(header[at..]), ProxyFormat.Checksum(header, at));
        return found == expected ? null : $"the checksum of the PROXY header, at offset {at}, is 0x{found:X8}; expected 0x{expected:X8}";
    }

    private static IPEndPoint ReadAddress(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> port)
    {
        var address = new IPAddress(bytes);
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, BinaryPrimitives.ReadUInt16BigEndian(port));
    }

    // Null for the address of a socket without a name, and for an address that this platform does not support: then the socket's own address counts. The length of an abstract
    // name (a zero byte first) is not transmitted; the zeros at its end are not a part of it.
    private static UnixDomainSocketEndPoint? ReadUnix(ReadOnlySpan<byte> bytes)
    {
        var zero = bytes.IndexOf((byte)0);
        var path = bytes[0] == 0 ? bytes.TrimEnd((byte)0) : zero < 0 ? bytes : bytes[..zero];
        if (path.IsEmpty)
        {
            return null;
        }

        try
        {
            return new UnixDomainSocketEndPoint(StrictUtf8.GetString(path));
        }
        catch (Exception e) when (e is ArgumentException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    private static ProxyReadResult Wrong(string what, string found, int at, string expected) =>
        ProxyReadResult.Invalid($"the {what} of the PROXY header, at offset {at}, is {found}; expected {expected}");
}
