using System.Collections.Immutable;

namespace Linkerd.Tcp.Security.Hello;

/// <summary>Represents versions of TLS.</summary>
[Flags]
internal enum TlsVersions
{
    /// <summary>None that has a name here.</summary>
    None = 0,

    /// <summary>SSL 3.0.</summary>
    Ssl3 = 1,

    /// <summary>TLS 1.0.</summary>
    Tls10 = 2,

    /// <summary>TLS 1.1.</summary>
    Tls11 = 4,

    /// <summary>TLS 1.2.</summary>
    Tls12 = 8,

    /// <summary>TLS 1.3.</summary>
    Tls13 = 16,
}

/// <summary>Represents the parts of a TLS ClientHello that choose a destination. Immutable.</summary>
internal sealed class ClientHello
{
    /// <summary>
    /// Gets the host name of the server_name extension (RFC 6066, 3), in lower case and without a dot at the end; null if there is none, or if it is an IP address. With Encrypted ClientHello it is the outer one.
    /// </summary>
    public string? ServerName { get; init; }

    /// <summary>Gets the application protocols (ALPN, RFC 7301) in the client's order, their bytes as Latin-1; empty if there are none. Reserved values (GREASE, RFC 8701) are among them.</summary>
    public ImmutableArray<string> ApplicationProtocols { get; init; } = [];

    /// <summary>
    /// Gets the versions of the supported_versions extension that have a name; without the extension, the one highest version that the client offers, at most TLS 1.2 (RFC 8446, 4.2.1).
    /// </summary>
    public TlsVersions Versions { get; init; }

    /// <summary>Gets whether there is an encrypted_client_hello extension. It may be a decoy: a proxy cannot tell.</summary>
    public bool HasEncryptedHello { get; init; }
}
