using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the configuration of TLS between clients and a server. The server name of the client (SNI) selects an identity, by the names in its certificate.</summary>
public sealed class ServerTlsConfiguration
{
    /// <summary>Gets or sets the identity for clients that send a server name that no certificate has, or none. Required.</summary>
    public IdentityConfiguration? DefaultIdentity { get; set; }

    /// <summary>Gets or sets further identities, each with a name for messages, which selects nothing. Default: none.</summary>
    public IReadOnlyDictionary<string, IdentityConfiguration> Identities { get; set; } = new Dictionary<string, IdentityConfiguration>();

    /// <summary>Gets or sets the application protocols (ALPN), the preferred one first. Empty, the default: the extension is ignored.</summary>
    public IReadOnlyList<string> AlpnProtocols { get; set; } = [];

    /// <summary>Gets or sets the paths of PEM files with the roots of clients' certificates. Empty, the default: clients are not asked for a certificate.</summary>
    public IReadOnlyList<string> TrustCerts { get; set; } = [];

    /// <summary>Gets or sets a value that indicates whether clients are asked for a certificate; null, the default, for <see cref="ClientCertificateMode.Require"/> if there are <see cref="TrustCerts"/>.</summary>
    public ClientCertificateMode? ClientAuth { get; set; }

    /// <summary>Gets or sets the names of which a client's certificate must have one. Empty, the default: any.</summary>
    public IReadOnlyList<string> ClientNames { get; set; } = [];

    /// <summary>Gets or sets the lowest version. Default: 1.2.</summary>
    public TlsVersion MinVersion { get; set; }

    /// <summary>Gets or sets the end of a stream that the client cuts. Default: <see cref="TlsTruncation.Pass"/>.</summary>
    public TlsTruncation Truncation { get; set; }

    /// <summary>Gets or sets the number of handshakes that one client address may begin in a second, on average; null, the default, for no limit.</summary>
    public double? HandshakeRatePerClient { get; set; }

    /// <summary>Gets or sets the paths of PEM files with certificate revocation lists, of which a client's certificate must be on none. Empty, the default: revocation is not checked. Needs the OpenSSL provider.</summary>
    public IReadOnlyList<string> CrlFiles { get; set; } = [];

    /// <summary>Gets or sets the groups of the key exchange, the preferred one first, in OpenSSL's names. Empty, the default: those of OpenSSL's configuration. Needs the OpenSSL provider.</summary>
    public IReadOnlyList<string> Groups { get; set; } = [];

    /// <summary>Gets or sets the signature algorithms, the preferred one first, in OpenSSL's names. Empty, the default: those of OpenSSL's configuration. Needs the OpenSSL provider.</summary>
    public IReadOnlyList<string> SignatureAlgorithms { get; set; } = [];

    /// <summary>Gets or sets the cipher suites, the preferred one first, in OpenSSL's names. Empty, the default: those of OpenSSL's configuration. Needs the OpenSSL provider.</summary>
    public IReadOnlyList<string> CipherSuites { get; set; } = [];

    /// <summary>Gets or sets the path of a file with the keys of session tickets. Null, the default: keys of this process. Needs the OpenSSL provider.</summary>
    public string? TicketKeyFile { get; set; }

    /// <summary>Gets or sets the number of session tickets that a client gets, 0 to 16. Default: 2. Another one needs the OpenSSL provider.</summary>
    public int TicketCount { get; set; } = 2;

    /// <summary>Gets or sets the time for which a session ticket can be used, 1 s to 7 days. Default: 2 hours. Another one needs the OpenSSL provider.</summary>
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromHours(2);
}
