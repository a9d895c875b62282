using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of TLS with clients and with servers, and of routes by server name.</summary>
internal static class TlsOptions
{
    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<IdentityConfiguration, IReadOnlyList<string>>(OptionTypes.CertificateFiles, static identity => identity.Certs, static (identity, files) => identity.Certs = files)
        {
            Key = "certs",
            Argument = "tls-cert",
            ValueName = "FILE",
            IsRepeated = true,
            Default = "required",
            Help = "Accept TLS with this certificate: PEM with its chain, or PFX",
            Details = "The names in the certificate select it by the server name of the client (SNI); the default identity, on the command line the first one, is for all other clients. The files are watched: new handshakes use their new content. "
                + "On the command line it can be given several times, and --tls-key, --tls-passphrase-file and --tls-ocsp-file belong to the --tls-cert before them.",
        },
        new ConfigurationOption<IdentityConfiguration, string?>(OptionTypes.File, static identity => identity.PrivateKey, static (identity, file) => identity.PrivateKey = file)
        {
            Key = "privateKey",
            Argument = "tls-key",
            ValueName = "FILE",
            IsRepeated = true,
            Default = "off",
            Help = "PEM file of the private key of the --tls-cert before it; off: the key is in the same file",
            Details = "RSA or ECDSA, as PKCS #8, encrypted PKCS #8, PKCS #1 or SEC 1.",
        },
        new ConfigurationOption<IdentityConfiguration, string?>(OptionTypes.File, static identity => identity.PassphraseFile, static (identity, file) => identity.PassphraseFile = file)
        {
            Key = "passphraseFile",
            Argument = "tls-passphrase-file",
            ValueName = "FILE",
            IsRepeated = true,
            Default = "off",
            Help = "File with the passphrase of the encrypted key, or PFX file, of the --tls-cert before it",
        },
        new ConfigurationOption<IdentityConfiguration, string?>(OptionTypes.File, static identity => identity.OcspFile, static (identity, file) => identity.OcspFile = file)
        {
            Key = "ocspFile",
            Argument = "tls-ocsp-file",
            ValueName = "FILE",
            IsRepeated = true,
            NeedsOpenSsl = true,
            Default = "off",
            Help = "File with an OCSP response in DER, which is stapled to the --tls-cert before it",
            Details = "The file is read again when it changes.",
        },
        new ConfigurationOption<ServerTlsConfiguration, IReadOnlyList<string>?>(OptionTypes.Files, static tls => tls.TrustCerts, static (tls, files) => tls.TrustCerts = files!)
        {
            Key = "trustCerts",
            Argument = "tls-client-ca",
            ValueName = "FILE[,...]",
            Default = "off",
            Help = "PEM files of the roots of clients' certificates; clients must then have one",
        },
        new ConfigurationOption<ServerTlsConfiguration, ClientCertificateMode?>(
            OptionTypes.Choice(ignoreCase: false, ("request", ClientCertificateMode.Request), ("require", ClientCertificateMode.Require)).OrNothing("auto"),
            static tls => tls.ClientAuth,
            static (tls, mode) => tls.ClientAuth = mode)
        {
            Key = "clientAuth",
            Argument = "tls-client-auth",
            ValueName = "request|require",
            Default = "auto",
            Help = "Whether clients may (request) or must (require) have a certificate; auto: they must with --tls-client-ca, and are not asked without",
        },
        new ConfigurationOption<ServerTlsConfiguration, IReadOnlyList<string>?>(OptionTypes.PeerNames, static tls => tls.ClientNames, static (tls, names) => tls.ClientNames = names!)
        {
            Key = "clientNames",
            Argument = "tls-client-names",
            ValueName = "NAME[,...]",
            Default = "off",
            Help = "Names of which a client's certificate must have one: web.example.com, *.example.com, 10.0.0.1, spiffe://example.org/*; off: any",
        },
        new ConfigurationOption<ServerTlsConfiguration, IReadOnlyList<string>?>(OptionTypes.Files, static tls => tls.CrlFiles, static (tls, files) => tls.CrlFiles = files!)
        {
            Key = "crlFiles",
            Argument = "tls-client-crl",
            ValueName = "FILE[,...]",
            NeedsOpenSsl = true,
            Default = "off",
            Help = "PEM files of certificate revocation lists; each authority of clients' certificates must have one",
            Details = "The files are read again when they change.",
        },
        new ConfigurationOption<ServerTlsConfiguration, IReadOnlyList<string>?>(OptionTypes.Protocols, static tls => tls.AlpnProtocols, static (tls, protocols) => tls.AlpnProtocols = protocols!)
        {
            Key = "alpnProtocols",
            Argument = "tls-alpn",
            ValueName = "NAME[,...]",
            Default = "off",
            Help = "Application protocols (ALPN) for clients, the preferred one first: h2,http/1.1; clients that offer none of them are refused",
        },
        new ConfigurationOption<ServerTlsConfiguration, TlsVersion>(OptionTypes.TlsVersion, static tls => tls.MinVersion, static (tls, version) => tls.MinVersion = version)
        {
            Key = "minVersion",
            Argument = "tls-min",
            ValueName = "1.2|1.3",
            Default = "1.2",
            Help = "Minimum version of TLS with clients",
        },
        new ConfigurationOption<ServerTlsConfiguration, TlsTruncation>(OptionTypes.Truncation, static tls => tls.Truncation, static (tls, end) => tls.Truncation = end)
        {
            Key = "truncation",
            Argument = "tls-truncation",
            ValueName = "pass|fin|reset",
            Default = "pass",
            Help = "End of a session whose client closes without the end of TLS (close_notify): passed on as such, as a proper end, or as a reset",
            Details = "Passed on, it is a FIN without close_notify on a side with TLS, and a FIN on one without.",
        },
        new ConfigurationOption<ServerTlsConfiguration, double?>(
            OptionTypes.Fraction("handshakes a second", 0, 1_000_000_000).OrNothing("off"), static tls => tls.HandshakeRatePerClient, static (tls, rate) => tls.HandshakeRatePerClient = rate)
        {
            Key = "handshakeRatePerClient",
            Argument = "tls-handshake-rate",
            ValueName = "N",
            Default = "off",
            Help = "Maximum number of handshakes that one client address begins per second, on average; further ones are reset",
        },
        new ConfigurationOption<ServerTlsConfiguration, IReadOnlyList<string>?>(OptionTypes.Groups, static tls => tls.Groups, static (tls, groups) => tls.Groups = groups!)
        {
            Key = "groups",
            Argument = "tls-groups",
            ValueName = "NAME[,...]",
            NeedsOpenSsl = true,
            Default = "off",
            Help = "Groups of the key exchange with clients, the preferred one first: X25519MLKEM768,X25519,P-256; off: those of OpenSSL's configuration",
        },
        new ConfigurationOption<ServerTlsConfiguration, IReadOnlyList<string>?>(OptionTypes.SignatureAlgorithms, static tls => tls.SignatureAlgorithms, static (tls, algorithms) => tls.SignatureAlgorithms = algorithms!)
        {
            Key = "signatureAlgorithms",
            Argument = "tls-signature-algorithms",
            ValueName = "NAME[,...]",
            NeedsOpenSsl = true,
            Default = "off",
            Help = "Signature algorithms with clients, the preferred one first: ecdsa_secp256r1_sha256,rsa_pss_rsae_sha256; off: those of OpenSSL's configuration",
        },
        new ConfigurationOption<ServerTlsConfiguration, IReadOnlyList<string>?>(OptionTypes.CipherSuites, static tls => tls.CipherSuites, static (tls, suites) => tls.CipherSuites = suites!)
        {
            Key = "cipherSuites",
            Argument = "tls-cipher-suites",
            ValueName = "NAME[,...]",
            NeedsOpenSsl = true,
            Default = "off",
            Help = "Cipher suites with clients, the preferred one first: those of TLS 1.3 begin with TLS_, the others are of TLS 1.2; off: those of OpenSSL's configuration",
            Details = "If there is none of a version, those of the configuration are used for it.",
        },
        new ConfigurationOption<ServerTlsConfiguration, string?>(OptionTypes.File, static tls => tls.TicketKeyFile, static (tls, file) => tls.TicketKeyFile = file)
        {
            Key = "ticketKeyFile",
            Argument = "tls-ticket-key-file",
            ValueName = "FILE",
            NeedsOpenSsl = true,
            Default = "off",
            Help = "File with the keys of session tickets, 80 bytes each; the first one encrypts, and all decrypt; off: keys of this process",
            Details = "Several proxies with the same file resume the sessions of one another. The file is read again when it changes.",
        },
        new ConfigurationOption<ServerTlsConfiguration, int>(OptionTypes.Count("tickets", 0, 16), static tls => tls.TicketCount, static (tls, count) => tls.TicketCount = count)
        {
            Key = "ticketCount",
            Argument = "tls-ticket-count",
            ValueName = "N",
            NeedsOpenSsl = true,
            Default = "2",
            Help = "Number of session tickets that a client gets after a handshake; 0: none, so that no session is resumed",
        },
        new ConfigurationOption<ServerTlsConfiguration, TimeSpan>(OptionTypes.TicketLifetime, static tls => tls.TicketLifetime, static (tls, time) => tls.TicketLifetime = time)
        {
            Key = "ticketLifetimeSecs",
            Argument = "tls-ticket-lifetime",
            ValueName = "DURATION",
            NeedsOpenSsl = true,
            Default = "2h",
            Help = "Time for which a session ticket can be used",
        },
        new ConfigurationOption<ClientSettings, bool?>(OptionTypes.Flag.OrNothing(), static client => client.Tls, static (client, isOn) => client.Tls = isOn)
        {
            Key = "tls.enabled",
            Argument = "server-tls",
            Default = "true if tls.dnsName, tls.trustCerts, tls.names, tls.cert or tls.disableValidation is there",
            Help = "Use TLS to servers, and verify their certificates",
        },
        new ConfigurationOption<ClientSettings, string?>(OptionTypes.ServerName, static client => client.TlsDnsName, static (client, name) => client.TlsDnsName = name)
        {
            Key = "tls.dnsName",
            Argument = "server-tls-name",
            ValueName = "NAME",
            Default = "off",
            Help = "The name that servers' certificates must have; {sni} is the client's server name, {1} the first label of the destination's name; off: the host of the endpoint",
            Details = "An endpoint has a host if it was resolved from a host name, or if the control plane says so. Without a name connecting fails, as an address alone identifies no server.",
        },
        new ConfigurationOption<ClientSettings, IReadOnlyList<string>?>(OptionTypes.Files, static client => client.TlsTrustCerts, static (client, files) => client.TlsTrustCerts = files)
        {
            Key = "tls.trustCerts",
            Argument = "server-ca",
            ValueName = "FILE[,...]",
            Default = "off",
            Help = "PEM files of the roots that servers' certificates must lead to; off: those of the system",
        },
        new ConfigurationOption<ClientSettings, IReadOnlyList<string>?>(OptionTypes.Files, static client => client.TlsCrlFiles, static (client, files) => client.TlsCrlFiles = files)
        {
            Key = "tls.crlFiles",
            Argument = "server-crl",
            ValueName = "FILE[,...]",
            NeedsOpenSsl = true,
            Default = "off",
            Help = "PEM files of certificate revocation lists; each authority of servers' certificates must have one",
            Details = "The files are read again when they change.",
        },
        new ConfigurationOption<ClientSettings, IReadOnlyList<string>?>(OptionTypes.PeerNames, static client => client.TlsNames, static (client, names) => client.TlsNames = names)
        {
            Key = "tls.names",
            Argument = "server-names",
            ValueName = "NAME[,...]",
            Default = "off",
            Help = "Names of which servers' certificates must have one, in place of --server-tls-name",
        },
        new ConfigurationOption<ClientSettings, string?>(OptionTypes.File, static client => client.TlsCert, static (client, file) => client.TlsCert = file)
        {
            Key = "tls.cert",
            Argument = "server-cert",
            ValueName = "FILE",
            Default = "off",
            Help = "Certificate for servers that ask for one: PEM with its chain, or PFX",
        },
        new ConfigurationOption<ClientSettings, string?>(OptionTypes.File, static client => client.TlsPrivateKey, static (client, file) => client.TlsPrivateKey = file)
        {
            Key = "tls.privateKey",
            Argument = "server-key",
            ValueName = "FILE",
            Default = "off",
            Help = "PEM file of the private key of --server-cert; off: the key is in the same file",
        },
        new ConfigurationOption<ClientSettings, string?>(OptionTypes.File, static client => client.TlsPassphraseFile, static (client, file) => client.TlsPassphraseFile = file)
        {
            Key = "tls.passphraseFile",
            Argument = "server-passphrase-file",
            ValueName = "FILE",
            Default = "off",
            Help = "File with the passphrase of the encrypted key, or PFX file, of --server-cert",
        },
        new ConfigurationOption<ClientSettings, IReadOnlyList<string>?>(OptionTypes.OfferedProtocols, static client => client.TlsAlpnProtocols, static (client, protocols) => client.TlsAlpnProtocols = protocols)
        {
            Key = "tls.alpnProtocols",
            Argument = "server-alpn",
            ValueName = "NAME[,...]",
            Default = "off",
            Help = "Application protocols (ALPN) that are offered to servers; {alpn}, alone, is the one that was negotiated with the client",
        },
        new ConfigurationOption<ClientSettings, bool?>(OptionTypes.Flag.OrNothing(), static client => client.TlsPostgres, static (client, isUsed) => client.TlsPostgres = isUsed)
        {
            Key = "tls.postgres",
            Argument = "server-tls-postgres",
            Default = "false",
            Help = "Ask servers for TLS as PostgreSQL does (SSLRequest) before each handshake; needed if clients do not speak TLS",
            Details = "If a client has sent an SSLRequest to a server with TLS, its server connection has one in any case.",
        },
        new ConfigurationOption<ClientSettings, TlsVersion?>(OptionTypes.TlsVersion.OrNothing(), static client => client.TlsMinVersion, static (client, version) => client.TlsMinVersion = version)
        {
            Key = "tls.minVersion",
            Argument = "server-tls-min",
            ValueName = "1.2|1.3",
            Default = "1.2",
            Help = "Minimum version of TLS to servers",
        },
        new ConfigurationOption<ClientSettings, TlsTruncation?>(OptionTypes.Truncation.OrNothing(), static client => client.TlsTruncation, static (client, end) => client.TlsTruncation = end)
        {
            Key = "tls.truncation",
            Argument = "server-tls-truncation",
            ValueName = "pass|fin|reset",
            Default = "pass",
            Help = "End of a session whose server closes without the end of TLS (close_notify): passed on as such, as a proper end, or as a reset",
            Details = "Passed on, it is a FIN without close_notify on a side with TLS, and a reset on one without.",
        },
        new ConfigurationOption<ClientSettings, IReadOnlyList<string>?>(OptionTypes.Groups, static client => client.TlsGroups, static (client, groups) => client.TlsGroups = groups)
        {
            Key = "tls.groups",
            Argument = "server-tls-groups",
            ValueName = "NAME[,...]",
            NeedsOpenSsl = true,
            Default = "off",
            Help = "Groups of the key exchange with servers, the preferred one first; off: those of OpenSSL's configuration",
        },
        new ConfigurationOption<ClientSettings, IReadOnlyList<string>?>(OptionTypes.SignatureAlgorithms, static client => client.TlsSignatureAlgorithms, static (client, algorithms) => client.TlsSignatureAlgorithms = algorithms)
        {
            Key = "tls.signatureAlgorithms",
            Argument = "server-tls-signature-algorithms",
            ValueName = "NAME[,...]",
            NeedsOpenSsl = true,
            Default = "off",
            Help = "Signature algorithms with servers, the preferred one first; off: those of OpenSSL's configuration",
        },
        new ConfigurationOption<ClientSettings, IReadOnlyList<string>?>(OptionTypes.CipherSuites, static client => client.TlsCipherSuites, static (client, suites) => client.TlsCipherSuites = suites)
        {
            Key = "tls.cipherSuites",
            Argument = "server-tls-cipher-suites",
            ValueName = "NAME[,...]",
            NeedsOpenSsl = true,
            Default = "off",
            Help = "Cipher suites with servers, the preferred one first: those of TLS 1.3 begin with TLS_, the others are of TLS 1.2; off: those of OpenSSL's configuration",
        },
        new ConfigurationOption<ClientSettings, bool?>(OptionTypes.Flag.OrNothing(), static client => client.TlsDisableValidation, static (client, isOff) => client.TlsDisableValidation = isOff)
        {
            Key = "tls.disableValidation",
            Argument = "server-tls-insecure",
            Default = "false",
            Help = "Accept any certificate of a server; anybody on the way can then read and change everything. A warning is logged",
        },
        new ConfigurationOption<SniRouteConfiguration, SniRouteConfiguration>(
            OptionTypes.Text("route", "a pattern, '=' and a target", SniRouteText.Parse, SniRouteText.Print),
            static route => route,
            static (route, parsed) => (route.Pattern, route.DstName) = (parsed.Pattern, parsed.DstName))
        {
            Argument = "sni-route",
            ValueName = "PATTERN=TREE",
            IsRepeated = true,
            Default = "off",
            Help = "Target of clients with a fitting server name in TLS: *.example.com=/svc/{1}; without <TARGET> others are refused",
            Details = "Can be given several times. `*` is one label, and `{1}` the label that the first `*` stands for. `,alpn=h2` behind a server name, or `alpn=h2` in its place, is for clients that offer that application protocol. "
                + "Exact names take precedence over patterns. Without --tls-cert the handshake is read, and goes on to the server unchanged.",
        },
        new ConfigurationOption<SniRouteConfiguration, string?>(
            OptionTypes.Text<string?>("pattern", "a pattern such as *.example.com, with ,alpn= and a protocol or without", SniRouteText.ParsePattern, static pattern => pattern, SniRouteText.IsPattern),
            static route => route.Pattern,
            static (route, pattern) => route.Pattern = pattern)
        {
            Key = "pattern",
            Default = "required",
            Help = "The server names and application protocols of the route: www.example.com, *.example.com, *.example.com,alpn=h2 or alpn=h2",
        },
        new ConfigurationOption<SniRouteConfiguration, SniRouteTarget?>(
            OptionTypes.Text<SniRouteTarget?>("target", "a name, which may have captures such as {1}, an address, or a tree of them", SniRouteText.ParseTarget, static target => target!.ToString()),
            static route => route.DstName,
            static (route, target) => route.DstName = target)
        {
            Key = "dstName",
            Default = "required",
            Help = "The target of the route's sessions, as dstName of the server; a name may have captures: /svc/{1}",
        },
    ];
}
