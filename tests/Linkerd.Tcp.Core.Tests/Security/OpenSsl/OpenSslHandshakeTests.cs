using System.Security.Cryptography;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Security.OpenSsl;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;
using static Linkerd.Tcp.Tests.Security.OpenSsl.OpenSslBed;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>Identities, versions, protocols and algorithms.</summary>
public sealed class OpenSslHandshakeTests : IDisposable
{
    private static readonly TlsIdentity Ecdsa = Load(new(Host));
    private static readonly TlsIdentity Rsa = Load(new(Host) { Key = RsaKey });
    private readonly OpenSslBed _bed = new();

    [Theory]
    [InlineData(SslVersion.Any, TlsVersion.Tls13)]
    [InlineData(SslVersion.Tls12, TlsVersion.Tls12)]
    public void Handshake_OneIdentity_HasChainAndNewestVersion(SslVersion offered, TlsVersion version)
    {
        var current = Current(Ecdsa);
        using var server = _bed.Server(current);
        using var pair = new OpenSslPair(SideOf(server, current), SideOf(_bed.Client(), version: offered));

        Assert.True(pair.Handshake());
        Assert.Equal((version, version), (pair.Client.Version, pair.Server.Version));
        Assert.Equal(Ecdsa.Chain[0], pair.Client.ExportPeerCertificate());
        Assert.True(pair.Client.Side.Refusal.Verdict!.Value.IsAccepted);
        Assert.Null(pair.Client.ApplicationProtocol);
    }

    [Theory]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256", SslVersion.Tls12, true)]
    [InlineData("ECDHE-RSA-AES128-GCM-SHA256", SslVersion.Tls12, false)]
    [InlineData(null, SslVersion.Any, true)]
    public void Handshake_IdentitiesOfBothKeys_ClientHasItsKind(string? suite, SslVersion version, bool isEcdsa)
    {
        var current = new CurrentCertificates(new TlsIdentitySet([Rsa, Ecdsa], usesPairs: true), TrustedRoots.System);
        using var server = _bed.Server(current);
        var client = _bed.Client(new ServerTlsOptions
        {
            CipherSuites = suite is null ? [] : [suite],
        });

        using var pair = new OpenSslPair(SideOf(server, current), SideOf(client, version: version));

        Assert.True(pair.Handshake());
        Assert.Equal(isEcdsa ? Ecdsa.Chain[0] : Rsa.Chain[0], pair.Client.ExportPeerCertificate());
        Assert.Empty(current.Identities!.Warnings);
        Assert.Same(Rsa, current.Identities.Select(Host));
    }

    [Fact]
    public void Handshake_ServerName_SelectsIdentity()
    {
        var other = Load(new("b.example"));
        var current = new CurrentCertificates(new TlsIdentitySet([Ecdsa, other]), TrustedRoots.System);
        using var server = _bed.Server(current);
        var client = _bed.Client();

        OpenSslPair.Connect(SideOf(server, current, "b.example"), SideOf(client, name: "b.example"));
        OpenSslPair.Connect(SideOf(server, current, "a.example"), SideOf(client));
        Assert.Same(SideOf(server, current, "a.example").Context, SideOf(server, current, "unknown").Context);
        Assert.NotSame(SideOf(server, current, "a.example").Context, SideOf(server, current, "b.example").Context);
    }

    [Fact]
    public void SideFor_OtherCertificates_KeepsTheContextsOfThoseThatStay()
    {
        var (stays, goes) = (Ecdsa, Load(new("b.example")));
        var before = new CurrentCertificates(new TlsIdentitySet([stays, goes]), TrustedRoots.System);
        using var server = _bed.Server(before);
        var (one, two) = (SideOf(server, before, Host).Context, SideOf(server, before, "b.example").Context);
        var after = new CurrentCertificates(new TlsIdentitySet([stays, Load(new("b.example"))]), TrustedRoots.System);

        Assert.Same(one, SideOf(server, after, Host).Context);
        Assert.NotSame(two, SideOf(server, after, "b.example").Context);
        Assert.NotSame(one, SideOf(server, after with { Roots = _bed.Roots(Root.Pem) }, Host).Context);
    }

    [Theory]
    [InlineData("h2,http/1.1", "http/1.1,h2", "h2")]
    [InlineData("h2,http/1.1", "http/1.1", "http/1.1")]
    [InlineData("h2", "h", null)]
    [InlineData("h", "h2", null)]
    [InlineData("h2", "", "")]
    [InlineData("", "h2", "")]
    public void Handshake_Protocols_ServerPrefersAndRefuses(string own, string offered, string? expected)
    {
        static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var current = Current(Ecdsa);
        using var server = _bed.Server(current, new ListenerTlsOptions { ApplicationProtocols = Split(own) });
        using var pair = new OpenSslPair(SideOf(server, current), SideOf(_bed.Client(), protocols: Split(offered)));

        Assert.Equal(expected is not null, pair.Handshake());
        if (expected is null)
        {
            Assert.EndsWith("tlsv1 alert no application protocol", pair.Client.Error, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal((expected, expected), (pair.Client.ApplicationProtocol ?? string.Empty, pair.Server.ApplicationProtocol ?? string.Empty));
        }
    }

    [Fact]
    public void Handshake_MinimumVersion_OlderClientIsRefused()
    {
        var current = Current(Ecdsa);
        using var server = _bed.Server(current, new ListenerTlsOptions { MinimumVersion = TlsVersion.Tls13 });
        using var pair = new OpenSslPair(SideOf(server, current), SideOf(_bed.Client(), version: SslVersion.Tls12));

        Assert.False(pair.Handshake());
        Assert.EndsWith("unsupported protocol", pair.Server.Error, StringComparison.Ordinal);
        Assert.EndsWith("tlsv1 alert protocol version", pair.Client.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TLS_CHACHA20_POLY1305_SHA256", SslVersion.Any)]
    [InlineData("ECDHE-ECDSA-CHACHA20-POLY1305", SslVersion.Tls12)]
    public void Handshake_CipherSuites_AreThoseOfTheOptions(string suite, SslVersion version)
    {
        var current = Current(Ecdsa);
        using var server = _bed.Server(current, new ListenerTlsOptions { CipherSuites = [suite] });
        using var pair = new OpenSslPair(SideOf(server, current), SideOf(_bed.Client(), version: version));

        Assert.True(pair.Handshake());
        Assert.Contains("CHACHA20", pair.Client.CipherSuite.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Handshake_Groups_NoneInCommonIsRefused()
    {
        var current = Current(Ecdsa);
        using var server = _bed.Server(current, new ListenerTlsOptions { Groups = ["P-384"] });

        using (var pair = new OpenSslPair(SideOf(server, current), SideOf(_bed.Client(new ServerTlsOptions { Groups = ["X25519"] }))))
        {
            Assert.False(pair.Handshake());
        }

        OpenSslPair.Connect(SideOf(server, current), SideOf(_bed.Client(new ServerTlsOptions { Groups = ["X25519", "P-384"] })));
    }

    [Fact]
    public void Create_UnknownAlgorithms_AreErrorsOfTheirOption()
    {
        InvalidOptionsException Fail(ListenerTlsOptions options)
        {
            var error = Assert.Throws<InvalidOptionsException>(() => _bed.Server(Current(Ecdsa), options));
            Assert.Equal(0u, LibSsl.ERR_peek_error());
            Assert.DoesNotContain("gives no reason", error.Message, StringComparison.Ordinal);
            return error;
        }

        Assert.StartsWith("Tls.Groups: a group of the key exchange was expected, not 'P-9': ", Fail(new() { Groups = ["P-256", "P-9"] }).Message, StringComparison.Ordinal);
        Assert.StartsWith("Tls.Groups: OpenSSL refuses P-256, P-256 together", Fail(new() { Groups = ["P-256", "P-256"] }).Message, StringComparison.Ordinal);
        Assert.StartsWith("Tls.SignatureAlgorithms: an algorithm of signatures was expected, not 'none'", Fail(new() { SignatureAlgorithms = ["none"] }).Message, StringComparison.Ordinal);
        Assert.StartsWith("Tls.CipherSuites: a cipher suite of TLS 1.3 was expected, not 'TLS_NONE': ", Fail(new() { CipherSuites = ["TLS_AES_128_GCM_SHA256", "TLS_NONE"] }).Message, StringComparison.Ordinal);
        Assert.Equal(2, Fail(new() { CipherSuites = ["ECDHE-ECDSA-AES128-GCM-SHA256", "NONE-1", "NONE-2"] }).Errors.Count);

        // Words of OpenSSL's that stand for many suites.
        foreach (var word in new[] { "ALL", "aNULL", "DEFAULT" })
        {
            Assert.StartsWith($"Tls.CipherSuites: a cipher suite of TLS 1.2 was expected, not '{word}'", Fail(new() { CipherSuites = [word] }).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void FindProblem_KeyThatOpenSslRefuses_NamesTheFile()
    {
        using var weak = RSA.Create(512);
        var identity = Load(new(Host) { Key = weak });

        Assert.Equal($"c.pem: the RSA certificate CN={Host} with its key is refused by OpenSSL: ee key too small", OpenSslIdentity.FindProblem(identity));
        Assert.Equal(0u, LibSsl.ERR_peek_error());
        Assert.Null(OpenSslIdentity.FindProblem(Rsa));
        Assert.Equal($"Tls: {OpenSslIdentity.FindProblem(identity)}", Assert.Throws<InvalidOptionsException>(() => _bed.Server(Current(identity))).Message.Split(" (Parameter")[0]);
    }

    [Theory]
    [InlineData("A.Example.", "A.Example")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("192.0.2.1", null)]
    [InlineData("2001:db8::1", null)]
    [InlineData("a b", null)]
    [InlineData(".", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void ServerName_OfHost_IsNoAddress(string? name, string? expected) => Assert.Equal(expected, ServerNameIndication.Of(name));

    public void Dispose() => _bed.Dispose();
}
