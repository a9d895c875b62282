using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>
/// Represents a header of the PROXY protocol, which a proxy sends first on a connection so that the receiver knows the client's address
/// (https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt). Immutable; any thread.
/// </summary>
/// <remarks>A receiver must know which peers send it, and require it from those alone: otherwise clients could choose their addresses.</remarks>
public sealed class ProxyHeader
{
    /// <summary>The default of the largest header length, in bytes: 15 KiB, so that a header and data behind it fit a window of 16 KiB.</summary>
    internal const int DefaultMaxLength = 15 * 1024;

    internal const int MaxUniqueIdLength = 128;
    internal const int SslPrefix = 5;

    // The room that the longest addresses and a checksum leave.
    private const int MaxTlvsLength = ushort.MaxValue - ProxyFormat.UnixBlock - ProxyFormat.ChecksumTlv;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly ReadOnlyMemory<byte> _tlvs;

    /// <summary>Initializes the header of a connection that is made for a client.</summary>
    /// <param name="source">The client's address: an IP address with a port, or a Unix-domain socket. Null: unknown.</param>
    /// <param name="destination">The address that the client connected to. Null: unknown.</param>
    /// <param name="tlvs">The optional fields, in the order in which version 2 sends them; version 1 has none. They do not include the checksum, which <see cref="Write"/> adds.</param>
    /// <exception cref="ArgumentException">A field is a checksum or an id of more than 128 bytes, or the fields are longer than a header can be.</exception>
    internal ProxyHeader(EndPoint? source, EndPoint? destination, params ReadOnlySpan<ProxyTlv> tlvs)
        : this(ProxyCommand.Proxy, Plain(source), Plain(destination), Join(tlvs))
    {
    }

    internal ProxyHeader(ProxyCommand command, EndPoint? source, EndPoint? destination, ReadOnlyMemory<byte> tlvs)
    {
        Command = command;
        Source = source;
        Destination = destination;
        _tlvs = tlvs;
    }

    /// <summary>Gets the header of a connection that the sender makes for itself, such as a health check: LOCAL in version 2, UNKNOWN in version 1.</summary>
    internal static ProxyHeader Local { get; } = new(ProxyCommand.Local, null, null, default(ReadOnlyMemory<byte>));

    /// <summary>Gets a value that indicates whether the sender made the connection for itself, such as a health check (LOCAL), so that the addresses of the socket count.</summary>
    public bool IsLocal => Command == ProxyCommand.Local;

    /// <summary>
    /// Gets the client's address; null if the header has none (LOCAL, UNSPEC, UNKNOWN, datagrams): then the address of the socket's peer counts.
    /// An IPv4 address that is mapped into IPv6 is returned as IPv4.
    /// </summary>
    public EndPoint? Source { get; }

    /// <summary>Gets the address that the client connected to; null if the header has none. Mapped addresses as in <see cref="Source"/>.</summary>
    public EndPoint? Destination { get; }

    /// <summary>Gets the optional fields, in the order and with the bytes in which they were received, including a checksum and padding.</summary>
    internal IEnumerable<ProxyTlv> Tlvs
    {
        get
        {
            for (var rest = _tlvs; TryTake(ref rest, out var tlv);)
            {
                yield return tlv;
            }
        }
    }

    /// <summary>Gets the host name that the client asked for (0x02); null if there is none, or if it is not UTF-8.</summary>
    public string? Authority => TextOf(ProxyTlvType.Authority);

    /// <summary>Gets the protocol over the connection (0x01), such as <c>h2</c>; empty if there is none.</summary>
    public ReadOnlyMemory<byte> Alpn => TryGetTlv(ProxyTlvType.Alpn, out var value) ? value : default;

    /// <summary>Gets the id of the connection (0x05), at most 128 bytes; empty if there is none.</summary>
    public ReadOnlyMemory<byte> UniqueId => TryGetTlv(ProxyTlvType.UniqueId, out var value) ? value : default;

    /// <summary>Gets the purpose of the connection.</summary>
    internal ProxyCommand Command { get; }

    internal ReadOnlySpan<byte> RawTlvs => _tlvs.Span;

    /// <summary>Reads a header of either version from the first bytes of a connection. Call it again with more bytes, from the first one on, while it needs more.</summary>
    /// <param name="bytes">The bytes received so far; the data of the client may follow the header.</param>
    /// <param name="maxLength">The largest header length, in bytes, from 107 to 65,328. A header that declares a larger length is refused at once.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLength"/> is not between 107 and 65,328.</exception>
    internal static ProxyReadResult Read(ReadOnlySpan<byte> bytes, int maxLength = DefaultMaxLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, ProxyFormat.MaxLineLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxLength, ProxyFormat.Prefix + MaxTlvsLength);
        return bytes.IsEmpty ? ProxyReadResult.NeedsMore
            : StartsLike(bytes, ProxyFormat.Signature) ? ProxyBinaryReader.Read(bytes, maxLength)
            : StartsLike(bytes, ProxyFormat.LinePrefix) ? ProxyLineReader.Read(bytes)
            : ProxyReadResult.Invalid($"the connection begins with {ProxyFormat.Quote(bytes)}; expected a PROXY header, version 1 (PROXY ...) or 2 (\\x0D\\x0A\\x0D\\x0A\\x00...)");
    }

    /// <summary>Gets the value of the first optional field (TLV) of a type.</summary>
    /// <param name="type">The type, as section 2.2 of proxy-protocol.txt registers it: 0x20 for the client's TLS connection, 0x30 for a network namespace, 0xE0 to 0xEF for applications.</param>
    /// <param name="value">The bytes as received, at most 65,535.</param>
    /// <returns>False if there is no such field.</returns>
    public bool TryGetTlv(byte type, out ReadOnlyMemory<byte> value)
    {
        for (var rest = _tlvs; TryTake(ref rest, out var tlv);)
        {
            if (tlv.Type == (ProxyTlvType)type)
            {
                value = tlv.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <inheritdoc cref="TryGetTlv(byte, out ReadOnlyMemory{byte})"/>
    internal bool TryGetTlv(ProxyTlvType type, out ReadOnlyMemory<byte> value) => TryGetTlv((byte)type, out value);

    /// <summary>Gets the size of a buffer that <see cref="Write"/> can fill, in bytes.</summary>
    internal int GetMaxLength(ProxyProtocolVersion version) =>
        version == ProxyProtocolVersion.V1 ? ProxyFormat.MaxLineLength : ProxyFormat.Prefix + ProxyFormat.UnixBlock + ProxyFormat.ChecksumTlv + _tlvs.Length;

    /// <summary>
    /// Writes the header. If one address is IPv4 and the other IPv6, the IPv4 address is mapped. Version 1 sends UNKNOWN if an address is not an IP address or is unknown;
    /// version 2 sends LOCAL without addresses then, as HAProxy does, except that Unix-domain sockets are sent as AF_UNIX.
    /// </summary>
    /// <param name="buffer">The buffer, of <see cref="GetMaxLength"/> bytes.</param>
    /// <param name="version">The version. Version 1 leaves out the optional fields.</param>
    /// <param name="withChecksum">True to add a CRC32C to version 2.</param>
    /// <returns>The number of bytes that were written.</returns>
    /// <exception cref="ArgumentException">The buffer is too small.</exception>
    internal int Write(Span<byte> buffer, ProxyProtocolVersion version, bool withChecksum = false)
    {
        var size = GetMaxLength(version);
        if (buffer.Length < size)
        {
            throw new ArgumentException($"The buffer has {buffer.Length} bytes; expected at least {size}, the result of {nameof(GetMaxLength)}.", nameof(buffer));
        }

        return version == ProxyProtocolVersion.V1 ? ProxyHeaderWriter.WriteLine(this, buffer) : ProxyHeaderWriter.WriteBinary(this, buffer, withChecksum);
    }

    /// <summary>Returns the purpose and the addresses, for a log.</summary>
    public override string ToString() => Command == ProxyCommand.Local ? "LOCAL" : $"PROXY {Source?.ToString() ?? "unknown"} -> {Destination?.ToString() ?? "unknown"}";

    internal static bool TryTake(ref ReadOnlyMemory<byte> rest, out ProxyTlv tlv)
    {
        tlv = default;
        if (rest.Length < ProxyFormat.TlvPrefix)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(rest.Span[1..]);
        if (rest.Length - ProxyFormat.TlvPrefix < length)
        {
            return false;
        }

        tlv = new ProxyTlv((ProxyTlvType)rest.Span[0], rest.Slice(ProxyFormat.TlvPrefix, length));
        rest = rest[(ProxyFormat.TlvPrefix + length)..];
        return true;
    }

    internal static EndPoint? Plain(EndPoint? endPoint) =>
        endPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : endPoint;

    private static bool StartsLike(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        var length = Math.Min(bytes.Length, signature.Length);
        return bytes[..length].SequenceEqual(signature[..length]);
    }

    private static ReadOnlyMemory<byte> Join(ReadOnlySpan<ProxyTlv> tlvs)
    {
        var length = 0;
        foreach (var tlv in tlvs)
        {
            if (tlv.Type == ProxyTlvType.Crc32C)
            {
                throw new ArgumentException($"A checksum was given; expected none, as {nameof(Write)} makes it.", nameof(tlvs));
            }

            if (tlv.Type == ProxyTlvType.UniqueId && tlv.Value.Length > MaxUniqueIdLength)
            {
                throw new ArgumentException($"The unique id has {tlv.Value.Length} bytes; expected at most {MaxUniqueIdLength}.", nameof(tlvs));
            }

            length += Math.Min(tlv.Value.Length, MaxTlvsLength) + ProxyFormat.TlvPrefix;
            if (length > MaxTlvsLength)
            {
                throw new ArgumentException($"The optional fields are longer than {MaxTlvsLength} bytes, the most that a header has place for.", nameof(tlvs));
            }
        }

        var bytes = length == 0 ? [] : new byte[length];
        var rest = bytes.AsSpan();
        foreach (var tlv in tlvs)
        {
            rest[0] = (byte)tlv.Type;
            BinaryPrimitives.WriteUInt16BigEndian(rest[1..], (ushort)tlv.Value.Length);
            tlv.Value.Span.CopyTo(rest[ProxyFormat.TlvPrefix..]);
            rest = rest[(ProxyFormat.TlvPrefix + tlv.Value.Length)..];
        }

        return bytes;
    }

    private string? TextOf(ProxyTlvType type)
    {
        try
        {
            return TryGetTlv(type, out var value) ? StrictUtf8.GetString(value.Span) : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
