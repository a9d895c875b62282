using System.Buffers;
using System.Buffers.Binary;

namespace Linkerd.Tcp.Security.Hello;

/// <summary>
/// Finds the ClientHello at the beginning of a connection, in any number of records, without consuming it. One value follows one connection and keeps its place between calls: records that are whole are not read
/// again before the ClientHello is complete, so that the work grows with the bytes and with the calls, and not with their product. It never throws, and allocates nothing but its result; a ClientHello of several
/// records is put together in a rented buffer.
/// </summary>
/// <remarks>The default value is at the beginning. Not safe for use by several threads.</remarks>
internal struct ClientHelloReader
{
    /// <summary>The longest ClientHello that is read, in bytes without its header of 4. Those of browsers with post-quantum key shares have about 2,000.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>How many records of no bytes there may be (RFC 8446, 5.1, allows none; earlier versions do not forbid them). OpenSSL and BoringSSL have the same number.</summary>
    public const int MaxEmptyRecords = 32;

    private const int RecordHeader = 5;
    private const int MaxFragment = 1 << 14;
    private const int MessageHeader = 4;
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const byte MajorVersion = 3;

    // The first record that is not whole, how many bytes of the message are in those before it, and how many of those have none.
    private int _recordAt;
    private int _before;
    private int _emptyRecords;

    // Of the message with its header; 0: not known.
    private int _length;

    /// <summary>Looks at the bytes of a connection from its beginning.</summary>
    /// <param name="received">All that was received: what the last call was given, and as much more as there is.</param>
    public ClientHelloResult Read(ReadOnlySpan<byte> received)
    {
        while (true)
        {
            var record = received[Math.Min(_recordAt, received.Length)..];
            if (CheckRecord(record, isFirst: _recordAt == 0) is { } refused)
            {
                return refused;
            }

            if (record.Length < RecordHeader)
            {
                return ClientHelloResult.NeedsMore;
            }

            var length = LengthOf(record);
            var present = Math.Min(length, record.Length - RecordHeader);
            if (length == 0 && _emptyRecords == MaxEmptyRecords)
            {
                return ClientHelloResult.Malformed(TlsAlert.UnexpectedMessage, $"more than {MaxEmptyRecords} TLS records without a byte came before the end of the ClientHello");
            }

            if (_length == 0 && present > 0 && ReadHeader(received[..(_recordAt + RecordHeader + present)]) is { } wrong)
            {
                return wrong;
            }

            if (_length > 0 && _before + present >= _length)
            {
                return ReadMessage(received);
            }

            if (present < length)
            {
                return ClientHelloResult.NeedsMore;
            }

            _emptyRecords += length == 0 ? 1 : 0;
            _before += length;
            _recordAt += RecordHeader + length;
        }
    }

    // As much of a record's header as there is.
    private static ClientHelloResult? CheckRecord(ReadOnlySpan<byte> record, bool isFirst)
    {
        // From change_cipher_spec to heartbeat: other first bytes are not of TLS.
        if (isFirst && (record is [< 20 or > 24, ..] || record is [_, not MajorVersion, ..]))
        {
            return PlainBytes.Describe(record);
        }

        return record switch
        {
            [not HandshakeRecord, MajorVersion, ..] => ClientHelloResult.Malformed(
                TlsAlert.UnexpectedMessage, $"a TLS record of type {record[0]} came before the end of the ClientHello; expected {HandshakeRecord}, a handshake record"),
            [_, not MajorVersion, ..] => ClientHelloResult.Malformed(
                TlsAlert.ProtocolVersion, $"a TLS record before the end of the ClientHello has the major version {record[1]}; expected {MajorVersion}"),
            { Length: >= RecordHeader } when LengthOf(record) is > MaxFragment and var length => ClientHelloResult.Malformed(
                TlsAlert.RecordOverflow, $"a TLS record of the ClientHello has {length} bytes; expected at most {MaxFragment}"),
            _ => null,
        };
    }

    private static int LengthOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16BigEndian(record[3..]);

    // The type and the length of the message may be in four records, with empty ones between them: these are read again with each byte until the length is known.
    private ClientHelloResult? ReadHeader(ReadOnlySpan<byte> records)
    {
        Span<byte> header = stackalloc byte[MessageHeader];
        var count = CopyMessage(records, header);
        if (header[0] != ClientHelloMessage)
        {
            return ClientHelloResult.Malformed(TlsAlert.UnexpectedMessage, $"the first TLS handshake message has the type {header[0]}; expected {ClientHelloMessage}, a ClientHello");
        }

        if (count == MessageHeader)
        {
            var length = (header[1] << 16) | BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
            if (length > MaxLength)
            {
                return ClientHelloResult.Malformed(TlsAlert.IllegalParameter, $"the ClientHello has {length} bytes; expected at most {MaxLength}");
            }

            _length = MessageHeader + length;
        }

        return null;
    }

    // Bytes behind the message are not looked at: it is for the server to judge them.
    private readonly ClientHelloResult ReadMessage(ReadOnlySpan<byte> received)
    {
        if (_recordAt == 0)
        {
            return ClientHelloParser.Parse(received.Slice(RecordHeader + MessageHeader, _length - MessageHeader));
        }

        var rented = ArrayPool<byte>.Shared.Rent(_length);
        var message = rented.AsSpan(0, _length);
        CopyMessage(received, message);
        var result = ClientHelloParser.Parse(message[MessageHeader..]);
        ArrayPool<byte>.Shared.Return(rented);
        return result;
    }

    // The first bytes of the message, out of records that were checked.
    private static int CopyMessage(ReadOnlySpan<byte> records, Span<byte> message)
    {
        var (at, copied) = (0, 0);
        while (copied < message.Length && records.Length - at > RecordHeader)
        {
            var body = records[(at + RecordHeader)..];
            var length = LengthOf(records[at..]);
            body = body[..Math.Min(Math.Min(length, body.Length), message.Length - copied)];
            body.CopyTo(message[copied..]);
            copied += body.Length;
            at += RecordHeader + length;
        }

        return copied;
    }
}
