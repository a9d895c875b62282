using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The options of TLS, and of routes by server name, from the command line.</summary>
public sealed class TlsOptionsTests
{
    [Fact]
    public void Parse_TargetAlone_HasNoneOfThem()
    {
        var settings = ParsedProxy.Of("/a");
        Assert.Null(settings.Server.Tls);
        Assert.Empty(settings.Server.SniRoutes);
        Assert.Null(settings.Destination.Tls);
    }

    [Fact]
    public void Parse_AllOfTlsWithClients_AreRead()
    {
        var tls = ParsedProxy.Of(
            "--tls-cert", "web.pem", "--tls-key", "web.key", "--tls-passphrase-file", "web.txt", "--tls-client-ca", "ca.pem,other.pem", "--tls-client-names", "*.example.com,spiffe://example.org/*",
            "--tls-client-auth", "request", "--tls-alpn", "h2,http/1.1", "--tls-min", "1.3", "--tls-truncation", "reset", "--tls-handshake-rate", "2.5", "-l", "1", "-l", "2", "/a").Server.Tls!;
        Assert.Equal(("web.pem", "web.key", "web.txt"), (Assert.Single(tls.DefaultIdentity!.Certs), tls.DefaultIdentity.PrivateKey, tls.DefaultIdentity.PassphraseFile));
        Assert.Empty(tls.Identities);
        Assert.Equal(["ca.pem", "other.pem"], tls.TrustCerts);
        Assert.Equal(["*.example.com", "spiffe://example.org/*"], tls.ClientNames);
        Assert.Equal(["h2", "http/1.1"], tls.AlpnProtocols);
        Assert.Equal((ClientCertificateMode.Request, TlsVersion.Tls13, TlsTruncation.Reset, 2.5), (tls.ClientAuth, tls.MinVersion, tls.Truncation, tls.HandshakeRatePerClient));
    }

    [Fact]
    public void Parse_OptionsThatNeedOpenSsl_AreRead()
    {
        var settings = ParsedProxy.Of(
            "--tls-provider", "openssl", "--tls-cert", "a.pem", "--tls-ocsp-file", "a.der", "--tls-cert", "b.pem", "--tls-client-ca", "ca.pem", "--tls-client-crl", "ca.crl,other.crl",
            "--tls-groups", "X25519MLKEM768,X25519", "--tls-signature-algorithms", "ecdsa_secp256r1_sha256,RSA-PSS+SHA256", "--tls-cipher-suites", "TLS_AES_128_GCM_SHA256,ECDHE-ECDSA-AES128-GCM-SHA256",
            "--tls-ticket-key-file", "tickets.key", "--tls-ticket-count", "0", "--tls-ticket-lifetime", "168h",
            "--server-tls", "--server-crl", "s.crl", "--server-tls-groups", "P-256", "--server-tls-signature-algorithms", "ed25519", "--server-tls-cipher-suites", "TLS_AES_256_GCM_SHA384", "/a");
        Assert.Equal(TlsProviderKind.OpenSsl, settings.Process.TlsProvider);
        var tls = settings.Server.Tls!;
        Assert.Equal(("a.der", null), (tls.DefaultIdentity!.OcspFile, tls.Identities["b.pem"].OcspFile));
        Assert.Equal(["ca.crl", "other.crl"], tls.CrlFiles);
        Assert.Equal(["X25519MLKEM768", "X25519"], tls.Groups);
        Assert.Equal(["ecdsa_secp256r1_sha256", "RSA-PSS+SHA256"], tls.SignatureAlgorithms);
        Assert.Equal(["TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"], tls.CipherSuites);
        Assert.Equal(("tickets.key", 0, TimeSpan.FromDays(7)), (tls.TicketKeyFile, tls.TicketCount, tls.TicketLifetime));
        var servers = settings.Destination.Tls!;
        Assert.Equal(["s.crl", "P-256", "ed25519", "TLS_AES_256_GCM_SHA384"], [.. servers.CrlFiles, .. servers.Groups, .. servers.SignatureAlgorithms, .. servers.CipherSuites]);
    }

    [Fact]
    public void Parse_SeveralListeners_HaveTheSameTls() =>
        Assert.All(ParsedProxy.Of("--tls-cert", "web.pem", "-l", "1", "-l", "2", "/a").Router.Servers, static server => Assert.Equal(["web.pem"], server.Tls!.DefaultIdentity!.Certs));

    [Fact]
    public void Parse_AllOfTlsToServers_AreRead()
    {
        var tls = ParsedProxy.Of(
            "--tls-cert", "web.pem", "--server-tls", "--server-tls-name", "{sni}", "--server-ca", "ca.pem,other.pem", "--server-names", "*.example.com", "--server-cert", "client.pem", "--server-key", "client.key",
            "--server-passphrase-file", "client.txt", "--server-alpn", "{alpn}", "--server-tls-min", "1.3", "--server-tls-truncation", "fin", "/a").Destination.Tls!;
        Assert.Equal("{sni}", tls.ServerName);
        Assert.Equal(["ca.pem", "other.pem"], tls.RootFiles);
        Assert.Equal(["*.example.com"], tls.ExpectedNames);
        Assert.Equal(("client.pem", "client.key", "client.txt"), (tls.Certificate!.CertificateFile, tls.Certificate.KeyFile, tls.Certificate.PassphraseFile));
        Assert.False(tls.UsePostgresSslRequest);
        Assert.Equal((true, false, TlsVersion.Tls13, TlsTruncation.Fin), (tls.UseClientApplicationProtocol, tls.SkipVerification, tls.MinimumVersion, tls.Truncation));
        var other = ParsedProxy.Of("--server-tls", "--server-tls-insecure", "--server-tls-postgres", "--server-alpn", "h2", "/a").Destination.Tls!;
        Assert.True(other is { SkipVerification: true, UsePostgresSslRequest: true });
        Assert.Equal(["h2"], other.ApplicationProtocols);
    }

    [Theory]
    [InlineData("a.pem:a.key", "--tls-cert", "a.pem", "--tls-key", "a.key")]
    [InlineData("a.pem:a.key", "--tls-key", "a.key", "--tls-cert", "a.pem")]
    [InlineData("a.pem:a.key", "--tls-cert=a.pem", "--loops", "2", "--tls-key=a.key")]
    [InlineData("a.pem", "--tls-cert", "a.pem")]
    [InlineData("a.pem:a.key b.pem:b.key", "--tls-cert", "a.pem", "--tls-key", "a.key", "--tls-cert", "b.pem", "--tls-key", "b.key")]
    [InlineData("a.pem:a.key b.pfx:/b.txt c.pem c.key:c.key", "--tls-cert", "a.pem", "--tls-key", "a.key", "--tls-cert", "b.pfx", "--tls-passphrase-file", "b.txt", "--tls-cert", "c.pem", "--tls-cert", "c.key", "--tls-key", "c.key")]
    [InlineData("a.pem:a.key/a.txt b.pem", "--tls-cert", "a.pem", "--tls-passphrase-file", "a.txt", "--tls-key", "a.key", "--tls-cert", "b.pem")]
    public void Parse_CertificatesAndKeys_BelongTogetherByOrder(string expected, params string[] options)
    {
        var tls = ParsedProxy.Of([.. options, "/a"]).Server.Tls!;
        Assert.Equal(expected, string.Join(' ', tls.Identities.Values.Prepend(tls.DefaultIdentity!).Select(Describe)));

        static string Describe(IdentityConfiguration identity) =>
            identity.Certs[0] + (identity is { PrivateKey: null, PassphraseFile: null } ? "" : ":" + identity.PrivateKey) + (identity.PassphraseFile is { } file ? "/" + file : "");
    }

    [Fact]
    public void Parse_Routes_NeedNoTarget()
    {
        var settings = ParsedProxy.Of("--sni-route", "*.example.com=/svc/{1}", "--sni-route", "www.example.com,alpn=h2=9 * a:80 & 1 * b:80", "--sni-route", "alpn=h2=c:80,d:80", "--dtab", "/svc => /$/inet/e/80");
        Assert.Null(settings.Server.DstName);
        Assert.Equal(
            ["*.example.com=/svc/{1}", "www.example.com,alpn=h2=9 * /$/inet/a/80 & /$/inet/b/80", "alpn=h2=/$/inets/c/80/d/80"],
            settings.Server.SniRoutes.Select(static route => $"{route.Pattern}={route.DstName}"));
        Assert.True(settings.IsLocal);
    }

    [Theory]
    [InlineData(true, "--sni-route", "*.a=b:80")]
    [InlineData(true, "--sni-route", "*.a=/$/inet/{1}.b/80", "c:80")]
    [InlineData(false, "--sni-route", "*.a=/svc/{1}")]
    [InlineData(false, "--sni-route", "*.a=/svc/{1}", "c:80")]
    [InlineData(false, "--sni-route", "*.a=b:80", "/svc/web")]
    public void Parse_Routes_DecideWithTheTargetWhoBindsNames(bool isLocal, params string[] arguments) => Assert.Equal(isLocal, ParsedProxy.Of(arguments).IsLocal);

    // Several problems are reported all at once.
    [Theory]
    [InlineData("--tls-key 'a.key' is in front of every --tls-cert; expected it behind the one that it belongs to", "--tls-key", "a.key", "--tls-cert", "a.pem", "--tls-cert", "b.pem")]
    [InlineData("--tls-key 'b.key' is the second one for a certificate, after 'a.key'; expected one behind each --tls-cert", "--tls-cert", "a.pem", "--tls-key", "a.key", "--tls-key", "b.key", "--tls-cert", "b.pem")]
    [InlineData("--tls-key 'b.key' is the second one for a certificate", "--tls-cert", "a.pem", "--tls-key", "a.key", "--tls-key", "b.key")]
    [InlineData("--tls-cert 'a.pem' is given 2 times; expected each certificate once", "--tls-cert", "a.pem", "--tls-cert", "a.pem")]
    [InlineData("--tls-key has no value; expected --tls-key <FILE>", "--tls-cert", "a.pem", "--tls-key")]
    [InlineData("--tls-cert has no value; expected --tls-cert <FILE>", "--tls-cert", "a.pem", "--tls-cert")]
    [InlineData("--tls-key means nothing without TLS with clients; expected --tls-cert <FILE> too", "--tls-key", "a.key")]
    [InlineData("--tls-min means nothing without TLS with clients; expected --tls-cert <FILE> too", "--tls-min", "1.3")]
    [InlineData("--tls-client-names means nothing without roots for clients' certificates; expected --tls-client-ca <FILE[,...]> too", "--tls-cert", "a.pem", "--tls-client-names", "a")]
    [InlineData("--tls-client-auth means nothing without roots for clients' certificates; expected --tls-client-ca <FILE[,...]> too", "--tls-cert", "a.pem", "--tls-client-auth", "require")]
    [InlineData("--tls-client-auth 'none': expected request or require", "--tls-cert", "a.pem", "--tls-client-auth", "none")]
    [InlineData("--tls-client-names 'a b': 'a b' is none; expected host names, patterns such as *.example.com, IP addresses and URIs", "--tls-cert", "a.pem", "--tls-client-ca", "ca.pem", "--tls-client-names", "a b")]
    [InlineData("--tls-client-ca 'a,': an item is missing beside ','; expected paths of files, separated by commas, or off", "--tls-cert", "a.pem", "--tls-client-ca", "a,")]
    [InlineData("--tls-alpn 'h 2': 'h 2' is none; expected application protocols such as h2,http/1.1, separated by commas, or off", "--tls-cert", "a.pem", "--tls-alpn", "h 2")]
    [InlineData("--tls-min '1.1': expected 1.2 or 1.3", "--tls-cert", "a.pem", "--tls-min", "1.1")]
    [InlineData("--tls-truncation 'rst': expected pass, fin or reset", "--tls-cert", "a.pem", "--tls-truncation", "rst")]
    [InlineData("--tls-handshake-rate '0': expected a number of handshakes a second", "--tls-cert", "a.pem", "--tls-handshake-rate", "0")]
    [InlineData("--server-ca means nothing without TLS to servers; expected --server-tls too", "--server-ca", "ca.pem")]
    [InlineData("--server-tls-insecure means nothing without TLS to servers; expected --server-tls too", "--server-tls-insecure")]
    [InlineData("--server-key is given without --server-cert; expected the certificate that it belongs to", "--server-tls", "--server-key", "a.key")]
    [InlineData("--server-passphrase-file is given without --server-cert; expected the certificate that it belongs to", "--server-tls", "--server-passphrase-file", "a.txt")]
    [InlineData("--server-ca means nothing beside --server-tls-insecure, with which no certificate is verified; expected one of the two", "--server-tls", "--server-ca", "ca.pem", "--server-tls-insecure")]
    [InlineData("--tls-provider 'boringssl': expected auto, openssl or dotnet", "--tls-provider", "boringssl")]
    [InlineData("--tls-ocsp-file means nothing without TLS with clients; expected --tls-cert <FILE> too", "--tls-ocsp-file", "a.der")]
    [InlineData("--tls-client-crl means nothing without roots for clients' certificates; expected --tls-client-ca <FILE[,...]> too", "--tls-cert", "a.pem", "--tls-client-crl", "a.crl")]
    [InlineData("--tls-groups 'X 25519': 'X 25519' is none; expected groups in OpenSSL's names", "--tls-cert", "a.pem", "--tls-groups", "X 25519")]
    [InlineData("--tls-signature-algorithms 'a:b': 'a:b' is none; expected signature algorithms in OpenSSL's names", "--tls-cert", "a.pem", "--tls-signature-algorithms", "a:b")]
    [InlineData("--tls-cipher-suites '!RC4': '!RC4' is none; expected cipher suites in OpenSSL's names", "--tls-cert", "a.pem", "--tls-cipher-suites", "!RC4")]
    [InlineData("--tls-ticket-count '17': expected a whole number of tickets from 0 to 16", "--tls-cert", "a.pem", "--tls-ticket-count", "17")]
    [InlineData("--tls-ticket-lifetime '999ms': expected a duration from 1s to 168h", "--tls-cert", "a.pem", "--tls-ticket-lifetime", "999ms")]
    [InlineData("--tls-ticket-lifetime 'off': expected a duration from 1s to 168h", "--tls-cert", "a.pem", "--tls-ticket-lifetime", "off")]
    [InlineData("--tls-ticket-lifetime '169h': expected a duration from 1s to 168h", "--tls-cert", "a.pem", "--tls-ticket-lifetime", "169h")]
    [InlineData("--server-crl means nothing without TLS to servers; expected --server-tls too", "--server-crl", "a.crl")]
    [InlineData("--server-crl means nothing beside --server-tls-insecure", "--server-tls", "--server-crl", "a.crl", "--server-tls-insecure")]
    [InlineData("--server-names means nothing beside --server-tls-insecure", "--server-tls", "--server-names", "a", "--server-tls-insecure")]
    [InlineData("--server-tls-name '{name}': expected a host name or an IP address, with the placeholders {sni} (the client's server name), {1}, {2} (the labels of the name) or none, or off", "--server-tls", "--server-tls-name", "{name}")]
    [InlineData("--server-alpn '{alpn}': nothing is negotiated with clients; expected --tls-cert <FILE> or --accept-proxy <CIDR[,...]> too", "--server-tls", "--server-alpn", "{alpn}", "--sni-route", "a=b:80")]
    [InlineData("--server-alpn 'h2,{alpn}': '{alpn}' is none; expected application protocols", "--tls-cert", "a.pem", "--server-tls", "--server-alpn", "h2,{alpn}")]
    [InlineData("--sni-route 'a=b': 'b' has no port; expected a host and a port", "--sni-route", "a=b")]
    [InlineData("--sni-route '*.a=/svc/{2}': {1}, as the pattern has one '*', expected but '2' found at '/svc/{[2]}'", "--sni-route", "*.a=/svc/{2}")]
    [InlineData("--sni-route 'A=/svc/b': never used, as 'a=/svc/a' comes first; expected each pattern once", "--sni-route", "a=/svc/a", "--sni-route", "A=/svc/b")]
    [InlineData("--sni-route 'a=/$/unheard/of': '/$/unheard/of': 'inet', 'nil' or 'fail' was expected where 'unheard' stands", "--sni-route", "a=/$/unheard/of", "--dtab", "/a => /b")]
    [InlineData("--sni-route 'a=/$/inets/b/80/c/80': addresses with commas are one set only where all names are bound here", "--sni-route", "a=b:80,c:80")]
    public void Parse_UselessOrWrong_IsAnErrorThatNamesIt(string expected, params string[] options)
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["--sni-route", "z=/svc/z", .. options]));
        Assert.StartsWith(expected, Assert.Single(wrong.Errors), StringComparison.Ordinal);
        Assert.StartsWith(expected, Assert.Single(Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["/svc/z", .. options])).Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_ClientsServerName_NeedsASourceOfIt()
    {
        string[] options = ["/a", "--server-tls", "--server-tls-name", "{sni}.internal"];
        Assert.Equal(
            "--server-tls-name '{sni}.internal': no server name of a client is known; expected --tls-cert <FILE>, --sni-route <PATTERN=TREE> or --accept-proxy <CIDR[,...]> too",
            Assert.Single(Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(options)).Errors));
        Assert.All(
            (string[][])[["--tls-cert", "a.pem"], ["--sni-route", "a=b:80"], ["--accept-proxy", "10.0.0.0/8"]],
            source => Assert.Equal("{sni}.internal", ParsedProxy.Of([.. options, .. source]).Destination.Tls!.ServerName));
    }

    [Fact]
    public void Parse_SeveralProblems_AreReportedAtOnce()
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["--tls-cert", "a.pem", "--tls-min", "1.1", "--server-tls-name", "a b", "--sni-route", "a", "--server-tls-min", "2"]));
        Assert.Equal(4, wrong.Errors.Count);
        Assert.Equal(3, Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["--tls-key", "a.key", "--server-ca", "ca.pem", "--tls-alpn", "h2", "--server-key", "b.key"])).Errors.Count);
    }

    [Fact]
    public void NameOf_KeysOfTheConfiguration_AreTheOptionsThatWriteThem()
    {
        Assert.Equal("--tls-cert", CliOptions.NameOf("routers[0].servers[0].tls.defaultIdentity.certs"));
        Assert.Equal("--tls-key", CliOptions.NameOf("routers[0].servers[0].tls.identities.a.pem.privateKey"));
        Assert.Equal("--tls-client-ca", CliOptions.NameOf("routers[0].servers[0].tls.trustCerts"));
        Assert.Equal("--server-ca", CliOptions.NameOf("routers[0].client.tls.trustCerts"));
        Assert.Equal("--server-key", CliOptions.NameOf("routers[0].client.tls.privateKey"));
        Assert.Equal("--namerd-ca", CliOptions.NameOf("routers[0].interpreter.tls.trustCerts"));
        Assert.Equal("--tls-ocsp-file", CliOptions.NameOf("routers[0].servers[0].tls.identities.a.pem.ocspFile"));
        Assert.Equal("--tls-client-crl", CliOptions.NameOf("routers[0].servers[0].tls.crlFiles"));
        Assert.Equal("--server-crl", CliOptions.NameOf("routers[0].client.tls.crlFiles"));
        Assert.Equal("--tls-provider", CliOptions.NameOf("tlsProvider"));
        Assert.Equal("Listeners[0].Tls.Groups", CliOptions.NameOf("Listeners[0].Tls.Groups"));
    }
}
