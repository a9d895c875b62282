using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Providers;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Security;

/// <summary>
/// Represents the options of TLS between clients and a listener. Certificates, keys and roots are read from files, and read again when the files change: handshakes from then on use them, and
/// sessions continue.
/// </summary>
public sealed class ListenerTlsOptions
{
    // What one extension of a handshake has room for (RFC 7301, section 3.1).
    private const int MaxProtocolLength = 255;
    private const int MaxProtocols = 64;
    private const int DefaultTicketCount = 2;
    private const int MaxTicketCount = 16;

    // RFC 8446, section 4.6.1.
    private static readonly TimeSpan MaxTicketLifetime = TimeSpan.FromDays(7);
    private static readonly TimeSpan DefaultTicketLifetime = TimeSpan.FromHours(2);

    /// <summary>Gets or sets the library that runs TLS. Default: <see cref="TlsProviderKind.Auto"/>.</summary>
    public TlsProviderKind Provider { get; set; }

    /// <summary>
    /// Gets or sets the certificates of the listener. The server name of the client selects one: an exact name, then a wildcard, otherwise the first one. Required.
    /// </summary>
    public IReadOnlyList<CertificateFiles> Certificates { get; set; } = [];

    /// <summary>Gets or sets a value that indicates whether clients are asked for a certificate. Default: <see cref="ClientCertificateMode.None"/>.</summary>
    public ClientCertificateMode ClientCertificates { get; set; }

    /// <summary>
    /// Gets or sets the paths of PEM files with the roots that clients' certificates must lead to. Required if clients are asked for a certificate: the roots of the system identify
    /// no client.
    /// </summary>
    public IReadOnlyList<string> ClientRootFiles { get; set; } = [];

    /// <summary>
    /// Gets or sets the paths of PEM files with certificate revocation lists (RFC 5280), of which a client's certificate must be on none. If there are any, each authority of the chain must have a list.
    /// Empty, the default: revocation is not checked. Needs the OpenSSL provider.
    /// </summary>
    public IReadOnlyList<string> CrlFiles { get; set; } = [];

    /// <summary>
    /// Gets or sets the names of which a client's certificate must have one (subjectAltName): host names, patterns (<c>*.example.com</c>), IP addresses, and URIs, such as the SPIFFE IDs
    /// <c>spiffe://example.org/web</c> and <c>spiffe://example.org/*</c>. Empty, the default: any.
    /// </summary>
    public IReadOnlyList<string> ClientNames { get; set; } = [];

    /// <summary>
    /// Gets or sets the application protocols (ALPN, RFC 7301), the preferred one first. The first one that the client also has is chosen; a client that has none of them is refused
    /// with an alert, and one that sends no list is served. Empty, the default: the extension is ignored.
    /// </summary>
    public IReadOnlyList<string> ApplicationProtocols { get; set; } = [];

    /// <summary>Gets or sets the lowest version. Default: <see cref="TlsVersion.Tls12"/>.</summary>
    public TlsVersion MinimumVersion { get; set; }

    /// <summary>
    /// Gets or sets the groups of the key exchange, the preferred one first, in OpenSSL's names, such as <c>X25519MLKEM768</c>, <c>X25519</c> and <c>P-256</c>. Empty, the default: those of OpenSSL's
    /// configuration. Needs the OpenSSL provider.
    /// </summary>
    public IReadOnlyList<string> Groups { get; set; } = [];

    /// <summary>
    /// Gets or sets the path of a file with the keys of session tickets, so that several proxies resume each other's sessions: 80 bytes, or several times 80, the first of which encrypts. Null, the
    /// default: keys of this process. Needs the OpenSSL provider.
    /// </summary>
    public string? TicketKeyFile { get; set; }

    /// <summary>Gets or sets the number of session tickets that a client gets after a handshake, 0 to 16. 0: none, so that no session is resumed. Default: 2. Another one needs the OpenSSL provider.</summary>
    public int TicketCount { get; set; } = DefaultTicketCount;

    /// <summary>
    /// Gets or sets the time for which a session ticket can be used, 1 s to 7 days (RFC 8446, section 4.6.1). Default: 2 hours. Another one needs the OpenSSL provider.
    /// </summary>
    public TimeSpan TicketLifetime { get; set; } = DefaultTicketLifetime;

    /// <summary>
    /// Gets or sets the signature algorithms of handshakes, the preferred one first, in OpenSSL's names, such as <c>ecdsa_secp256r1_sha256</c>, <c>rsa_pss_rsae_sha256</c> and <c>ECDSA+SHA256</c>. Empty,
    /// the default: those of OpenSSL's configuration. Needs the OpenSSL provider.
    /// </summary>
    public IReadOnlyList<string> SignatureAlgorithms { get; set; } = [];

    /// <summary>
    /// Gets or sets the cipher suites, the preferred one first, in OpenSSL's names: those of TLS 1.3 begin with <c>TLS_</c>, such as <c>TLS_AES_128_GCM_SHA256</c>, and the others are of TLS 1.2, such as
    /// <c>ECDHE-ECDSA-AES128-GCM-SHA256</c>. If there is none of a version, those of OpenSSL's configuration are used for it. Empty, the default: for both versions. Needs the OpenSSL provider.
    /// </summary>
    public IReadOnlyList<string> CipherSuites { get; set; } = [];

    /// <summary>Gets or sets the end of a stream that the client cuts. Default: <see cref="TlsTruncation.Pass"/>.</summary>
    public TlsTruncation Truncation { get; set; }

    /// <summary>
    /// Gets or sets the number of handshakes that one client address (IPv6: one /64) may begin in a second, on average; it may begin as many at once. Further ones are reset
    /// (<see cref="Proxying.RejectReason.TlsHandshakeRate"/>). The client is that of a PROXY header, if the listener accepts one. At most 100,000 addresses are limited at a time. Null, the default:
    /// no limit.
    /// </summary>
    public double? MaxHandshakeRatePerClient { get; set; }

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
                (nameof(TicketKeyFile), TicketKeyFile is not null),
                (nameof(TicketCount), TicketCount != DefaultTicketCount),
                (nameof(TicketLifetime), TicketLifetime != DefaultTicketLifetime),
                (nameof(SignatureAlgorithms), SignatureAlgorithms is { Count: > 0 }),
                (nameof(CipherSuites), CipherSuites is { Count: > 0 }),
            ];
            var ofFiles = (Certificates ?? []).Select(static (files, i) => (Option: FormattableString.Invariant($"{nameof(Certificates)}[{i}].{nameof(CertificateFiles.OcspFile)}"), IsSet: files?.OcspFile is not null));
            return options.Concat(ofFiles).Where(static option => option.IsSet).Select(static option => option.Option);
        }
    }

    internal ListenerTlsOptions Copy()
    {
        var copy = (ListenerTlsOptions)MemberwiseClone();
        copy.Certificates = Certificates is null ? null! : [.. Certificates.Select(static files => files?.Copy()!)];
        copy.ClientRootFiles = ClientRootFiles?.ToArray()!;
        copy.ClientNames = ClientNames?.ToArray()!;
        copy.ApplicationProtocols = ApplicationProtocols?.ToArray()!;
        copy.CrlFiles = CrlFiles?.ToArray()!;
        copy.Groups = Groups?.ToArray()!;
        copy.SignatureAlgorithms = SignatureAlgorithms?.ToArray()!;
        copy.CipherSuites = CipherSuites?.ToArray()!;
        return copy;
    }

    /// <summary>Returns true if everything is the same.</summary>
    internal bool IsSame(ListenerTlsOptions other) => Certificates.Count == other.Certificates.Count && Certificates.Zip(other.Certificates).All(static pair => pair.First.IsSame(pair.Second))
        && ClientRootFiles.SequenceEqual(other.ClientRootFiles) && ClientNames.SequenceEqual(other.ClientNames) && ApplicationProtocols.SequenceEqual(other.ApplicationProtocols)
        && CrlFiles.SequenceEqual(other.CrlFiles) && Groups.SequenceEqual(other.Groups) && SignatureAlgorithms.SequenceEqual(other.SignatureAlgorithms) && CipherSuites.SequenceEqual(other.CipherSuites)
        && (Provider, ClientCertificates, MinimumVersion, Truncation, MaxHandshakeRatePerClient) == (other.Provider, other.ClientCertificates, other.MinimumVersion, other.Truncation, other.MaxHandshakeRatePerClient)
        && (TicketKeyFile, TicketCount, TicketLifetime) == (other.TicketKeyFile, other.TicketCount, other.TicketLifetime);

    internal void Validate(OptionsValidator validator) => Validate(validator, TlsProvider.Of(Provider));

    internal void Validate(OptionsValidator validator, TlsProvider provider)
    {
        validator.Defined<TlsProviderKind>(Provider);
        validator.Each(Certificates, static (files, validator) => files.Validate(validator));
        validator.Expect(Certificates is not { Count: 0 }, Certificates, "one certificate or more");
        validator.Defined<ClientCertificateMode>(ClientCertificates);
        ValidateFiles(validator, ClientRootFiles, nameof(ClientRootFiles));
        validator.Expect(ClientCertificates == ClientCertificateMode.None || ClientRootFiles is not { Count: 0 }, ClientRootFiles, "one file or more, as clients are asked for a certificate,");
        ValidateNames(validator, ClientNames, nameof(ClientNames));
        ValidateProtocols(validator, ApplicationProtocols, nameof(ApplicationProtocols));
        validator.Defined<TlsVersion>(MinimumVersion);
        validator.Defined<TlsTruncation>(Truncation);
        validator.Expect(MaxHandshakeRatePerClient is not { } rate || (rate > 0 && double.IsFinite(rate)), MaxHandshakeRatePerClient, "more than zero");
        ValidateFiles(validator, CrlFiles, nameof(CrlFiles));
        ValidateGroups(validator, Groups, nameof(Groups));
        validator.Expect(TicketKeyFile is null || BoundedFile.IsPath(TicketKeyFile), TicketKeyFile, "the path of a file, or null,");
        validator.Range(TicketCount, 0, MaxTicketCount);
        validator.Expect(TicketLifetime >= TimeSpan.FromSeconds(1) && TicketLifetime <= MaxTicketLifetime, TicketLifetime, "1 s to 7 days");
        ValidateSignatureAlgorithms(validator, SignatureAlgorithms, nameof(SignatureAlgorithms));
        ValidateCipherSuites(validator, CipherSuites, nameof(CipherSuites));
        provider.Validate(validator, OpenSslOptions);
    }

    /// <summary>Adds an error for each option that the connections of a transport cannot have.</summary>
    internal void ValidateFor(ITransport transport, OptionsValidator validator) => TlsProvider.ValidateTransport(validator, OpenSslOptions, transport);

    internal static void ValidateFiles(OptionsValidator validator, IReadOnlyList<string> files, string option) => ValidateEach(validator, files, BoundedFile.IsPath, "the path of a file", option);

    internal static void ValidateNames(OptionsValidator validator, IReadOnlyList<string> names, string option) =>
        ValidateEach(validator, names, static name => PeerName.TryParse(name, out _), "a host name, a pattern as *.example.com, an IP address or a URI", option);

    internal static void ValidateProtocols(OptionsValidator validator, IReadOnlyList<string> protocols, string option)
    {
        ValidateEach(validator, protocols, static name => name is { Length: > 0 and <= MaxProtocolLength } && name.All(static c => c is > ' ' and <= '~' and not ','), "1 to 255 printable characters of ASCII without a comma", option);
        validator.Expect(protocols is not { Count: > MaxProtocols }, protocols, FormattableString.Invariant($"at most {MaxProtocols} protocols"), option);
    }

    internal static void ValidateGroups(OptionsValidator validator, IReadOnlyList<string> groups, string option) => ValidateEach(validator, groups, IsOpenSslName, "the name of a group, as X25519,", option);

    internal static void ValidateSignatureAlgorithms(OptionsValidator validator, IReadOnlyList<string> algorithms, string option) =>
        ValidateEach(validator, algorithms, static name => name is not null && IsOpenSslName(name.Replace('+', '-')), "the name of a signature algorithm, as ecdsa_secp256r1_sha256,", option);

    internal static void ValidateCipherSuites(OptionsValidator validator, IReadOnlyList<string> suites, string option) =>
        ValidateEach(validator, suites, IsOpenSslName, "the name of a cipher suite, as TLS_AES_128_GCM_SHA256 or ECDHE-ECDSA-AES128-GCM-SHA256,", option);

    // Whether the library knows it is seen when it is used.
    private static bool IsOpenSslName(string name) => name is { Length: > 0 and <= 64 } && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static void ValidateEach(OptionsValidator validator, IReadOnlyList<string> items, Func<string, bool> isValid, string expected, string option)
    {
        if (validator.NotNull(items, option))
        {
            for (var i = 0; i < items.Count; i++)
            {
                validator.Expect(items[i] is not null && isValid(items[i]), items[i], expected, FormattableString.Invariant($"{option}[{i}]"));
            }
        }
    }
}
