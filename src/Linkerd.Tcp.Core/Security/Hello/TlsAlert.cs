namespace Linkerd.Tcp.Security.Hello;

/// <summary>Represents the fatal alerts that this proxy sends, by their numbers on the wire (RFC 8446, 6; RFC 6066, 9; RFC 7301, 3.2).</summary>
internal enum TlsAlert : byte
{
    /// <summary>A message of a type that is not expected here.</summary>
    UnexpectedMessage = 10,

    /// <summary>A record that is longer than records may be.</summary>
    RecordOverflow = 22,

    /// <summary>No acceptable set of parameters.</summary>
    HandshakeFailure = 40,

    /// <summary>A field of correct syntax with a value that is not allowed.</summary>
    IllegalParameter = 47,

    /// <summary>A message that cannot be decoded.</summary>
    DecodeError = 50,

    /// <summary>A version that is not supported.</summary>
    ProtocolVersion = 70,

    /// <summary>An error that has nothing to do with the peer.</summary>
    InternalError = 80,

    /// <summary>No server_name extension, if one is needed (RFC 8446, 9.2).</summary>
    MissingExtension = 109,

    /// <summary>No server for the name of the server_name extension.</summary>
    UnrecognizedName = 112,

    /// <summary>None of the client's application protocols is supported.</summary>
    NoApplicationProtocol = 120,
}

/// <summary>Writes alerts.</summary>
internal static class TlsAlerts
{
    private const byte AlertRecord = 21;
    private const byte Length = 2;
    private const byte Fatal = 2;

    /// <summary>Returns the record of a fatal alert in plaintext. It can be sent instead of a ServerHello, to a client of any version: its version field is that of RFC 8446, 5.1.</summary>
    public static byte[] Record(TlsAlert alert) => [AlertRecord, 3, 3, 0, Length, Fatal, (byte)alert];
}
