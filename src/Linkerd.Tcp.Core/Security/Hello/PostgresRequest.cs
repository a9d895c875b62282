using System.Buffers.Binary;

namespace Linkerd.Tcp.Security.Hello;

/// <summary>Represents the kinds of bytes that a PostgreSQL client begins with.</summary>
internal enum PostgresRequestKind
{
    /// <summary>The bytes can be the beginning of several kinds.</summary>
    NeedsMore,

    /// <summary>SSLRequest: the server answers <c>S</c> or <c>N</c>, and a ClientHello follows <c>S</c>.</summary>
    Ssl,

    /// <summary>GSSENCRequest: the server answers <c>G</c> or <c>N</c>. After <c>N</c> the client may send any of the others.</summary>
    GssEncryption,

    /// <summary>CancelRequest: to be sent on as it is, without TLS. The server closes the connection.</summary>
    Cancel,

    /// <summary>StartupMessage: a session without encryption.</summary>
    Startup,

    /// <summary>A TLS record (PostgreSQL 17, <c>sslnegotiation=direct</c>): a ClientHello, with the application protocol <c>postgresql</c>.</summary>
    DirectTls,

    /// <summary>Not the beginning of a PostgreSQL client, whatever follows.</summary>
    Other,
}

/// <summary>Represents the request with which a PostgreSQL client begins.</summary>
/// <param name="Kind">Its kind; it is known once 8 bytes are there, or earlier.</param>
/// <param name="Length">The length of the request in bytes, which need not be there yet; 0 if it has none, as for <see cref="PostgresRequestKind.DirectTls"/>.</param>
/// <remarks>
/// PostgreSQL, "Message Flow" (Start-up, Canceling Requests in Progress, SSL Session Encryption, GSSAPI Session Encryption) and "Message Formats". A client must wait for the answer to an SSLRequest or a
/// GSSENCRequest: bytes behind it may be a third party's, injected in plaintext (CVE-2021-23214), so a server must not take them for what the client sends later.
/// </remarks>
internal readonly record struct PostgresRequest(PostgresRequestKind Kind, int Length)
{
    private const byte TlsRecord = 0x16;
    private const int LengthAndCode = 8;
    private const int CancelCode = 80877102;
    private const int SslCode = 80877103;
    private const int GssEncryptionCode = 80877104;
    private const int Major = 3;

    // A process number and a secret key: 4 bytes in protocol 3.0, and up to 256 in 3.2.
    private const int MinCancel = 16;
    private const int MaxCancel = 12 + 256;

    // The server has this limit: MAX_STARTUP_PACKET_LENGTH in src/include/libpq/pqcomm.h, without the length itself.
    private const int MaxStartup = 4 + 10_000;

    /// <summary>Looks at the bytes of a connection from its beginning, or from behind a request that was answered.</summary>
    public static PostgresRequest Read(ReadOnlySpan<byte> received)
    {
        if (received is [TlsRecord, ..])
        {
            return new(PostgresRequestKind.DirectTls, 0);
        }

        // No length has more than its last two bytes.
        if (received is [not 0, ..] or [_, not 0, ..])
        {
            return new(PostgresRequestKind.Other, 0);
        }

        if (received.Length < sizeof(int))
        {
            return default;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(received);
        if (length is < LengthAndCode or > MaxStartup)
        {
            return new(PostgresRequestKind.Other, 0);
        }

        return received.Length < LengthAndCode ? default : BinaryPrimitives.ReadInt32BigEndian(received[sizeof(int)..]) switch
        {
            SslCode when length == LengthAndCode => new(PostgresRequestKind.Ssl, length),
            GssEncryptionCode when length == LengthAndCode => new(PostgresRequestKind.GssEncryption, length),
            CancelCode when length is >= MinCancel and <= MaxCancel => new(PostgresRequestKind.Cancel, length),
            var version when version >> 16 == Major => new(PostgresRequestKind.Startup, length),
            _ => new(PostgresRequestKind.Other, 0),
        };
    }
}
