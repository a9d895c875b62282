using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>The part of <see cref="CoreOptions"/> that is about TLS.</summary>
internal static class CoreTlsOptions
{
    /// <summary>Creates the options of TLS with clients.</summary>
    public static ListenerTlsOptions Server(ServerTlsConfiguration tls, TlsProviderKind provider) => new()
    {
        Provider = provider,
        Certificates = [.. tls.Identities.Values.Prepend(tls.DefaultIdentity!).Select(static identity => identity.ToFiles())],
        ClientCertificates = tls.ClientAuth ?? (tls.TrustCerts.Count > 0 ? ClientCertificateMode.Require : ClientCertificateMode.None),
        ClientRootFiles = tls.TrustCerts,
        ClientNames = tls.ClientNames,
        ApplicationProtocols = tls.AlpnProtocols,
        MinimumVersion = tls.MinVersion,
        Truncation = tls.Truncation,
        MaxHandshakeRatePerClient = tls.HandshakeRatePerClient,
        CrlFiles = tls.CrlFiles,
        Groups = tls.Groups,
        SignatureAlgorithms = tls.SignatureAlgorithms,
        CipherSuites = tls.CipherSuites,
        TicketKeyFile = Given(tls.TicketKeyFile),
        TicketCount = tls.TicketCount,
        TicketLifetime = tls.TicketLifetime,
    };

    /// <summary>Creates the options of TLS to endpoints; null if there is none.</summary>
    public static ServerTlsOptions? Client(ClientSettings client, TlsProviderKind provider)
    {
        if (!IsOn(client))
        {
            return null;
        }

        var options = new ServerTlsOptions
        {
            Provider = provider,
            ServerName = Given(client.TlsDnsName),
            ExpectedNames = client.TlsNames ?? [],
            RootFiles = client.TlsTrustCerts ?? [],
            Certificate = Given(client.TlsCert) is { } certificate
                ? new IdentityConfiguration { Certs = [certificate], PrivateKey = client.TlsPrivateKey, PassphraseFile = client.TlsPassphraseFile }.ToFiles()
                : null,
            SkipVerification = client.TlsDisableValidation ?? false,
            UsePostgresSslRequest = client.TlsPostgres ?? false,
            UseClientApplicationProtocol = client.TlsAlpnProtocols is [TlsText.ClientProtocol],
            CrlFiles = client.TlsCrlFiles ?? [],
            Groups = client.TlsGroups ?? [],
            SignatureAlgorithms = client.TlsSignatureAlgorithms ?? [],
            CipherSuites = client.TlsCipherSuites ?? [],
        };
        options.ApplicationProtocols = options.UseClientApplicationProtocol ? [] : client.TlsAlpnProtocols ?? [];
        options.MinimumVersion = client.TlsMinVersion ?? options.MinimumVersion;
        options.Truncation = client.TlsTruncation ?? options.Truncation;
        return options;
    }

    /// <summary>Returns true if connections to endpoints have TLS. The original has no switch: a setting of its own is enough.</summary>
    public static bool IsOn(ClientSettings client) => client.Tls
        ?? (Given(client.TlsDnsName) is not null || client.TlsTrustCerts is { Count: > 0 } || client.TlsNames is { Count: > 0 } || Given(client.TlsCert) is not null || client.TlsDisableValidation == true);

    /// <summary>Creates the rule of a route.</summary>
    public static ServerNameRule Rule(SniRouteConfiguration route, Func<NameTree, DstPath> nameOf) =>
        new(route.Pattern!, route.DstName!.HasCaptures ? route.DstName.ToString() : nameOf(route.DstName.Tree).ToString());

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
