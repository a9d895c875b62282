using System.Diagnostics.CodeAnalysis;

namespace Linkerd.Tcp.Security.Hello;

/// <summary>
/// Reads the beginning of a client up to its ClientHello: the requests with which a PostgreSQL client asks for encryption, which are to be answered, and the ClientHello, which is left unread. One value follows one
/// connection. A request is known by its first bytes: no record of TLS begins with 0.
/// </summary>
/// <remarks>The default value is at the beginning. Not safe for use by several threads.</remarks>
internal struct GreetingReader
{
    private ClientHelloReader _hello;
    private bool _hasRefusedGss;

    /// <summary>Gets a value that indicates whether the client has asked for TLS by an SSLRequest. A ClientHello must follow.</summary>
    public bool HasAskedForTls { get; private set; }

    /// <summary>Looks at the bytes of a connection from its beginning, or from behind the last request.</summary>
    /// <param name="received">All that was received: what the last call was given, without a request that was answered, and as much more as there is.</param>
    public GreetingResult Read(ReadOnlySpan<byte> received)
    {
        if (!HasAskedForTls && received is [0, ..])
        {
            var request = PostgresRequest.Read(received);
            switch (request.Kind)
            {
                case PostgresRequestKind.NeedsMore:
                    return default;
                case PostgresRequestKind.Ssl or PostgresRequestKind.GssEncryption when received.Length > request.Length:
                    return GreetingResult.Broken("the client sent bytes behind a PostgreSQL request for encryption before it was answered, which may be a third party's (CVE-2021-23214)");
                case PostgresRequestKind.Ssl:
                    HasAskedForTls = true;
                    return GreetingResult.Answered((byte)'S');
                case PostgresRequestKind.GssEncryption when _hasRefusedGss:
                    return GreetingResult.Broken("the client sent a second PostgreSQL GSSENCRequest");
                case PostgresRequestKind.GssEncryption:
                    _hasRefusedGss = true;
                    return GreetingResult.Answered((byte)'N');
                case PostgresRequestKind.Cancel:
                    return new(ClientHelloResult.NotTls(PlainKind.Postgres, "the client sent a PostgreSQL CancelRequest without TLS; expected an SSLRequest or a TLS ClientHello"));
                case PostgresRequestKind.Startup:
                    return new(ClientHelloResult.NotTls(PlainKind.Postgres, "the client sent a PostgreSQL StartupMessage without TLS; expected an SSLRequest or a TLS ClientHello"));
            }
        }

        var result = _hello.Read(received);
        return HasAskedForTls && result.Status == ClientHelloStatus.NotTls ? GreetingResult.Broken($"after an SSLRequest of PostgreSQL {result.Error}") : new(result);
    }
}

/// <summary>Represents the outcome of <see cref="GreetingReader.Read"/>. The default value: more bytes are needed.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Not compared.")]
internal readonly struct GreetingResult(ClientHelloResult hello)
{
    /// <summary>The length in bytes of a request that is answered; it is to be consumed.</summary>
    public const int RequestLength = 8;

    /// <summary>Gets the outcome for the ClientHello.</summary>
    public ClientHelloResult Hello { get; } = hello;

    /// <summary>Gets the byte with which a request is to be answered; 0 if there is none.</summary>
    public byte Answer { get; private init; }

    /// <summary>Gets, for a log, the reason for which the connection must end, whatever else is served; null if there is none.</summary>
    public string? Violation { get; private init; }

    /// <summary>Returns the outcome for a request.</summary>
    public static GreetingResult Answered(byte answer) => new() { Answer = answer };

    /// <summary>Returns the outcome for bytes that no client may send.</summary>
    public static GreetingResult Broken(string violation) => new() { Violation = violation };
}
