using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Providers;

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
    /// Empty, the default: revocation is not checked. Not supported by the provider of this version: an error.
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
    /// configuration. Not supported by the provider of this version: an error.
    /// </summary>
    public IReadOnlyList<string> Groups { get; set; } = [];

    /// <summary>
    /// Gets or sets the path of a file with the keys of session tickets, so that several proxies resume each other's sessions: 80 bytes, or several times 80, the first of which encrypts. Null, the
    /// default: keys of this process. Not supported by the provider of this version: an error.
    /// </summary>
    public string? TicketKeyFile { get; set; }

    /// <summary>Gets or sets the end of a stream that the client cuts. Default: <see cref="TlsTruncation.Pass"/>.</summary>
    public TlsTruncation Truncation { get; set; }

    /// <summary>Gets or sets the number of handshakes that one client address may begin in a second, on average; it may begin as many at once. Null, the default: no limit.</summary>
    public double? MaxHandshakeRatePerClient { get; set; }

    internal ListenerTlsOptions Copy()
    {
        var copy = (ListenerTlsOptions)MemberwiseClone();
        copy.Certificates = Certificates is null ? null! : [.. Certificates.Select(static files => files?.Copy()!)];
        copy.ClientRootFiles = ClientRootFiles?.ToArray()!;
        copy.ClientNames = ClientNames?.ToArray()!;
        copy.ApplicationProtocols = ApplicationProtocols?.ToArray()!;
        copy.CrlFiles = CrlFiles?.ToArray()!;
        copy.Groups = Groups?.ToArray()!;
        return copy;
    }

    /// <summary>Returns true if everything is the same.</summary>
    internal bool IsSame(ListenerTlsOptions other) => Certificates.Count == other.Certificates.Count && Certificates.Zip(other.Certificates).All(static pair => pair.First.IsSame(pair.Second))
        && ClientRootFiles.SequenceEqual(other.ClientRootFiles) && ClientNames.SequenceEqual(other.ClientNames) && ApplicationProtocols.SequenceEqual(other.ApplicationProtocols)
        && CrlFiles.SequenceEqual(other.CrlFiles) && Groups.SequenceEqual(other.Groups)
        && (ClientCertificates, MinimumVersion, Truncation, MaxHandshakeRatePerClient, TicketKeyFile)
            == (other.ClientCertificates, other.MinimumVersion, other.Truncation, other.MaxHandshakeRatePerClient, other.TicketKeyFile);

    internal void Validate(OptionsValidator validator)
    {
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
        TlsProvider.Expect(validator, TlsProvider.Current.HasCrlFiles, CrlFiles);
        TlsProvider.Expect(validator, TlsProvider.Current.HasTicketKeys, TicketKeyFile);
        TlsProvider.Expect(validator, TlsProvider.Current.HasGroups, Groups);
    }

    internal static void ValidateFiles(OptionsValidator validator, IReadOnlyList<string> files, string option) => ValidateEach(validator, files, BoundedFile.IsPath, "the path of a file", option);

    internal static void ValidateNames(OptionsValidator validator, IReadOnlyList<string> names, string option) =>
        ValidateEach(validator, names, static name => PeerName.TryParse(name, out _), "a host name, a pattern as *.example.com, an IP address or a URI", option);

    internal static void ValidateProtocols(OptionsValidator validator, IReadOnlyList<string> protocols, string option)
    {
        ValidateEach(validator, protocols, static name => name is { Length: > 0 and <= MaxProtocolLength } && name.All(static c => c is > ' ' and <= '~' and not ','), "1 to 255 printable characters of ASCII without a comma", option);
        validator.Expect(protocols is not { Count: > MaxProtocols }, protocols, FormattableString.Invariant($"at most {MaxProtocols} protocols"), option);
    }

    internal static void ValidateGroups(OptionsValidator validator, IReadOnlyList<string> groups, string option) =>
        ValidateEach(validator, groups, static name => name is { Length: > 0 and <= 64 } && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), "the name of a group, as X25519,", option);

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
