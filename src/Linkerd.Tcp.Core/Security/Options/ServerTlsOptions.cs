using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Security.Options;
using Linkerd.Tcp.Security.Providers;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Security;

/// <summary>
/// Represents the options of TLS between a proxy and the servers of a destination. A server whose certificate does not verify is a connect failure: its cause is logged, and it is retried and
/// counted by breakers as any other. Files are read again when they change: handshakes from then on use them.
/// </summary>
public sealed class ServerTlsOptions
{
    /// <summary>Gets or sets the library that runs TLS. Default: <see cref="TlsProviderKind.Auto"/>.</summary>
    public TlsProviderKind Provider { get; set; }

    /// <summary>
    /// Gets or sets the name that servers' certificates must have, which is also the server name in the handshake (SNI) if it is a host name. It can have placeholders: <c>{sni}</c> is the server name
    /// that the client sent, and <c>{1}</c>, <c>{2}</c> are the labels of the destination's name, so <c>{2}.example.com</c> is <c>web.example.com</c> for <c>/svc/web</c>. Null, the default, or
    /// a placeholder that has no value: the host or authority of the endpoint (<see cref="EndpointMetadata"/>). If there is no name, connecting fails: an address alone identifies no server.
    /// </summary>
    public string? ServerName { get; set; }

    /// <summary>
    /// Gets or sets the names of which servers' certificates must have one, in place of <see cref="ServerName"/>: host names, patterns (<c>*.example.com</c>), IP addresses, and URIs, such as
    /// <c>spiffe://example.org/web</c>. Empty, the default: the name above.
    /// </summary>
    public IReadOnlyList<string> ExpectedNames { get; set; } = [];

    /// <summary>Gets or sets the paths of PEM files with the roots that servers' certificates must lead to. Empty, the default: the roots of the system.</summary>
    public IReadOnlyList<string> RootFiles { get; set; } = [];

    /// <summary>
    /// Gets or sets the paths of PEM files with certificate revocation lists (RFC 5280), of which a server's certificate must be on none. If there are any, each authority of the chain must have a list.
    /// Empty, the default: revocation is not checked. Needs the OpenSSL provider.
    /// </summary>
    public IReadOnlyList<string> CrlFiles { get; set; } = [];

    /// <summary>Gets or sets the certificate that is sent to servers that ask for one. Null, the default: none.</summary>
    public CertificateFiles? Certificate { get; set; }

    /// <summary>Gets or sets the application protocols (ALPN, RFC 7301) that are offered to servers, the preferred one first. Empty, the default: none.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; set; } = [];

    /// <summary>
    /// Gets or sets a value that indicates whether the protocol that was negotiated with the client is offered, alone, in place of <see cref="ApplicationProtocols"/>. Default: false.
    /// </summary>
    public bool UseClientApplicationProtocol { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether each handshake is preceded by an SSLRequest of PostgreSQL, to which the server must agree. Otherwise only those of clients that have sent one to a listener with
    /// TLS are. Default: false.
    /// </summary>
    public bool UsePostgresSslRequest { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether any certificate of a server is accepted. Anybody between the proxy and the server can then read and change everything. A warning is logged.
    /// Default: false.
    /// </summary>
    public bool SkipVerification { get; set; }

    /// <summary>Gets or sets the lowest version. Default: <see cref="TlsVersion.Tls12"/>.</summary>
    public TlsVersion MinimumVersion { get; set; }

    /// <summary>
    /// Gets or sets the groups of the key exchange, the preferred one first, in OpenSSL's names, such as <c>X25519MLKEM768</c>, <c>X25519</c> and <c>P-256</c>. Empty, the default: those of OpenSSL's
    /// configuration. Needs the OpenSSL provider.
    /// </summary>
    public IReadOnlyList<string> Groups { get; set; } = [];

    /// <summary>
    /// Gets or sets the signature algorithms of handshakes, the preferred one first, in OpenSSL's names, such as <c>ecdsa_secp256r1_sha256</c>, <c>rsa_pss_rsae_sha256</c> and <c>ECDSA+SHA256</c>. Empty,
    /// the default: those of OpenSSL's configuration. Needs the OpenSSL provider.
    /// </summary>
    public IReadOnlyList<string> SignatureAlgorithms { get; set; } = [];

    /// <summary>Gets or sets the cipher suites, as <see cref="ListenerTlsOptions.CipherSuites"/>. Empty, the default: those of OpenSSL's configuration. Needs the OpenSSL provider.</summary>
    public IReadOnlyList<string> CipherSuites { get; set; } = [];

    /// <summary>Gets or sets the end of a stream that the server cuts. Default: <see cref="TlsTruncation.Pass"/>.</summary>
    public TlsTruncation Truncation { get; set; }

    /// <summary>True if connections depend on their client, so that none can be made before there is one.</summary>
    internal bool DependsOnClient => UseClientApplicationProtocol || (ServerName?.Contains(ServerNameTemplate.ClientName, StringComparison.Ordinal) ?? false);

    /// <summary>Gets a value that indicates whether the options need the OpenSSL provider.</summary>
    internal bool NeedsOpenSsl => OpenSslOptions.Any();

    /// <summary>Gets the paths of the options in use that need the OpenSSL provider.</summary>
    internal IEnumerable<string> OpenSslOptions
    {
        get
        {
            (string Option, bool IsSet)[] options =
            [
                (nameof(Provider), Provider == TlsProviderKind.OpenSsl),
                (nameof(CrlFiles), CrlFiles is { Count: > 0 }),
                (nameof(Groups), Groups is { Count: > 0 }),
                (nameof(SignatureAlgorithms), SignatureAlgorithms is { Count: > 0 }),
                (nameof(CipherSuites), CipherSuites is { Count: > 0 }),
            ];
            return options.Where(static option => option.IsSet).Select(static option => option.Option);
        }
    }

    internal ServerTlsOptions Copy()
    {
        var copy = (ServerTlsOptions)MemberwiseClone();
        copy.ExpectedNames = ExpectedNames?.ToArray()!;
        copy.RootFiles = RootFiles?.ToArray()!;
        copy.Certificate = Certificate?.Copy();
        copy.ApplicationProtocols = ApplicationProtocols?.ToArray()!;
        copy.CrlFiles = CrlFiles?.ToArray()!;
        copy.Groups = Groups?.ToArray()!;
        copy.SignatureAlgorithms = SignatureAlgorithms?.ToArray()!;
        copy.CipherSuites = CipherSuites?.ToArray()!;
        return copy;
    }

    /// <summary>Returns true if everything is the same.</summary>
    internal bool IsSame(ServerTlsOptions? other) => other is not null && ExpectedNames.SequenceEqual(other.ExpectedNames) && RootFiles.SequenceEqual(other.RootFiles)
        && CrlFiles.SequenceEqual(other.CrlFiles) && Groups.SequenceEqual(other.Groups) && SignatureAlgorithms.SequenceEqual(other.SignatureAlgorithms) && CipherSuites.SequenceEqual(other.CipherSuites)
        && ApplicationProtocols.SequenceEqual(other.ApplicationProtocols) && (Certificate is null ? other.Certificate is null : other.Certificate is { } files && Certificate.IsSame(files))
        && (Provider, ServerName, UseClientApplicationProtocol, UsePostgresSslRequest, SkipVerification, MinimumVersion, Truncation)
            == (other.Provider, other.ServerName, other.UseClientApplicationProtocol, other.UsePostgresSslRequest, other.SkipVerification, other.MinimumVersion, other.Truncation);

    internal void Validate(OptionsValidator validator) => Validate(validator, TlsProvider.Of(Provider));

    internal void Validate(OptionsValidator validator, TlsProvider provider)
    {
        validator.Defined<TlsProviderKind>(Provider);
        if (ServerNameTemplate.FindProblem(ServerName) is { } problem)
        {
            validator.Add(problem, nameof(ServerName));
        }

        ListenerTlsOptions.ValidateNames(validator, ExpectedNames, nameof(ExpectedNames));
        ListenerTlsOptions.ValidateFiles(validator, RootFiles, nameof(RootFiles));
        validator.Optional(Certificate, static (files, validator) => files.Validate(validator));
        validator.Expect(Certificate?.OcspFile is null, Certificate?.OcspFile, "null, as only a listener staples a response,", $"{nameof(Certificate)}.{nameof(CertificateFiles.OcspFile)}");
        ListenerTlsOptions.ValidateProtocols(validator, ApplicationProtocols, nameof(ApplicationProtocols));
        validator.Defined<TlsVersion>(MinimumVersion);
        validator.Defined<TlsTruncation>(Truncation);
        ListenerTlsOptions.ValidateFiles(validator, CrlFiles, nameof(CrlFiles));
        ListenerTlsOptions.ValidateGroups(validator, Groups, nameof(Groups));
        ListenerTlsOptions.ValidateSignatureAlgorithms(validator, SignatureAlgorithms, nameof(SignatureAlgorithms));
        ListenerTlsOptions.ValidateCipherSuites(validator, CipherSuites, nameof(CipherSuites));
        provider.Validate(validator, OpenSslOptions);
    }

    /// <summary>Adds an error for each option that the connections of a transport cannot have.</summary>
    internal void ValidateFor(ITransport? transport, OptionsValidator validator) => TlsProvider.ValidateTransport(validator, OpenSslOptions, transport);
}
