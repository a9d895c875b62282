using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.TestUtilities.Certificates;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;
using static Linkerd.Tcp.Tests.Security.OpenSsl.OpenSslBed;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>Peers' certificates: the verdicts are those of <see cref="PeerVerifier"/>, word for word.</summary>
public sealed class OpenSslVerificationTests : IDisposable
{
    private static readonly TestCertificateAuthority Stranger = new("Stranger", Now);
    private readonly OpenSslBed _bed = new();

    /// <summary>Gets certificates by the names of their faults.</summary>
    public static TheoryData<string> Faults => ["none", "wrong name", "unknown authority", "expired", "not yet valid", "usage", "missing intermediate", "expired intermediate", "self-signed", "several SPIFFE IDs"];

    [Theory]
    [MemberData(nameof(Faults))]
    public void Verify_Server_VerdictIsThatOfPeerVerifier(string fault)
    {
        var (identity, name) = Make(fault, TestCertificate.ServerUsage, TestCertificate.ClientUsage);
        var current = Current(identity);
        using var server = _bed.Server(current);
        var client = _bed.Client();
        var side = SideOf(client, name: name);
        using var pair = new OpenSslPair(SideOf(server, current), side);

        Assert.Equal(fault == "none", pair.Handshake());
        Assert.Equal(Expect(client.Context.Certificates.Roots, IdentityPurpose.Server, identity, name), side.Refusal.Verdict);
        Assert.Equal(fault == "none", side.Refusal.Verdict!.Value.IsAccepted);
        if (fault != "none")
        {
            Assert.EndsWith("certificate verify failed", pair.Client.Error, StringComparison.Ordinal);
            Assert.EndsWith(AlertOf(fault), pair.Server.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Verify_Client_VerdictIsThatOfPeerVerifier(string fault)
    {
        var (identity, name) = Make(fault, TestCertificate.ClientUsage, TestCertificate.ServerUsage);
        var roots = _bed.Roots(Root.Pem);
        var current = Current(Load(new(Host)), roots);
        using var server = _bed.Server(current, new ListenerTlsOptions { ClientCertificates = ClientCertificateMode.Require, ClientNames = [name] });
        var own = Current(identity, roots);
        var side = SideOf(server, current);
        using var pair = new OpenSslPair(side, SideOf(_bed.Client(own), own));

        Assert.Equal(fault == "none", pair.Handshake());
        Assert.Equal(Expect(roots, IdentityPurpose.Client, identity, name), side.Refusal.Verdict);
        if (fault != "none")
        {
            Assert.EndsWith("certificate verify failed", pair.Server.Error, StringComparison.Ordinal);
            Assert.EndsWith(AlertOf(fault), pair.Client.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(SslVersion.Any, "tlsv13 alert certificate required")]
    [InlineData(SslVersion.Tls12, "alert handshake failure")]
    public void Verify_ClientWithoutCertificate_IsRefusedIfRequired(SslVersion version, string alert)
    {
        var current = Current(Load(new(Host)), _bed.Roots(Root.Pem));
        using var requested = _bed.Server(current, new ListenerTlsOptions { ClientCertificates = ClientCertificateMode.Request, ClientNames = ["b.example"] });
        using var required = _bed.Server(current, new ListenerTlsOptions { ClientCertificates = ClientCertificateMode.Require });
        var client = _bed.Client();
        var served = SideOf(requested, current);
        var refused = SideOf(required, current);

        OpenSslPair.Connect(served, SideOf(client, version: version));
        using var pair = new OpenSslPair(refused, SideOf(client, version: version));

        Assert.False(pair.Handshake());
        Assert.Null(served.Refusal.Verdict);
        Assert.Equal(PeerVerdict.NoCertificate, refused.Refusal.Verdict);
        Assert.EndsWith(alert, pair.Client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_IntermediateInRootFile_IsNotTrustedByItself()
    {
        var current = Current(Load(new(Host)));
        using var server = _bed.Server(current);
        var side = SideOf(_bed.Client(Current(null, _bed.Roots(Intermediate.Pem))));
        using var pair = new OpenSslPair(SideOf(server, current), side);

        Assert.False(pair.Handshake());
        Assert.Equal(PeerFailure.UnknownAuthority, side.Refusal.Verdict!.Value.Failure);
    }

    [Fact]
    public void Verify_SystemRoots_DoNotTrustAPrivateAuthority()
    {
        var current = Current(Load(new(Host)));
        using var server = _bed.Server(current);
        var side = SideOf(_bed.Client(Current(null)));
        using var pair = new OpenSslPair(SideOf(server, current), side);

        Assert.False(pair.Handshake());
        Assert.Equal(PeerFailure.UnknownAuthority, side.Refusal.Verdict!.Value.Failure);
    }

    [Fact]
    public void Verify_Skipped_AcceptsAnything()
    {
        var (identity, _) = Make("unknown authority");
        var current = Current(identity);
        using var server = _bed.Server(current);

        OpenSslPair.Connect(SideOf(server, current), SideOf(_bed.Client(new ServerTlsOptions { SkipVerification = true }), name: "other.example"));
    }

    [Fact]
    public void Verify_ExpectedNames_OneIsEnough()
    {
        var current = Current(Load(new() { Uris = ["spiffe://example.org/web"] }));
        using var server = _bed.Server(current);
        var client = _bed.Client();
        OpenSslClientSide Side(params string[] names) => client.SideFor(client.Context.Certificates, null, "192.0.2.1", TlsText.ParseNames(names), [], new PeerRefusal());

        OpenSslPair.Connect(SideOf(server, current), Side("b.example", "spiffe://example.org/*"));
        using var pair = new OpenSslPair(SideOf(server, current), Side("b.example", "spiffe://example.com/*"));
        Assert.False(pair.Handshake());
    }

    [Fact]
    public void Verify_RevokedServer_NamesTheListAndAlerts()
    {
        using var issued = Intermediate.Issue(new(Host));
        var current = Current(Read(Pem(issued) + Intermediate.Pem + TestCertificateAuthority.KeyPem(issued)).Loaded);
        using var server = _bed.Server(current);
        var file = _bed.Directory["lists.pem"];
        (string? Problem, string? Alert) Run(params string[] lists)
        {
            var side = SideOf(_bed.Client(Current(null, _bed.Roots(Root.Pem), _bed.Lists(lists))));
            using var pair = new OpenSslPair(SideOf(server, current), side);
            Assert.Equal(pair.Handshake(), side.Refusal.Verdict!.Value.IsAccepted);
            return (side.Refusal.Verdict!.Value.Problem, pair.Server.Error?.Split(':')[^1]);
        }

        var (ofRoot, ofIntermediate) = (Root.Revoke(Now.AddDays(1)), Intermediate.Revoke(Now.AddDays(1)));
        Assert.Equal((null, null), Run(ofRoot, ofIntermediate));
        Assert.Equal(($"its certificate is revoked by the list of CN=Intermediate in {file}", "sslv3 alert certificate revoked"), Run(ofRoot, Intermediate.Revoke(Now.AddDays(1), issued)));
        Assert.Equal(
            ($"the certificate of the issuer CN=Intermediate is revoked by the list of CN=Root in {file}", "sslv3 alert certificate revoked"), Run(Root.Revoke(Now.AddDays(1), Intermediate.Certificate), ofIntermediate));
        Assert.Equal($"it cannot be told whether its certificate is revoked: there is no list of CN=Intermediate in {file}", Run(ofRoot).Problem);
        Assert.Equal(
            $"it cannot be told whether its certificate is revoked: the list of CN=Intermediate in {file} expired on 2026-06-01 11:00:00Z", Run(ofRoot, Intermediate.Revoke(Now.AddHours(-1))).Problem);

        // What PeerVerifier refuses is in its words.
        Assert.Equal("issued by an unknown authority: CN=Root", RunUntrusted());

        string? RunUntrusted()
        {
            var side = SideOf(_bed.Client(Current(null, _bed.Roots(Stranger.Pem), _bed.Lists(ofRoot))));
            using var pair = new OpenSslPair(SideOf(server, current), side);
            Assert.False(pair.Handshake());
            return side.Refusal.Verdict!.Value.Problem?.Replace(", or a certificate between is missing: CN=Root, which issued CN=Intermediate", ": CN=Root", StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Verify_ManyServers_NamesAreThoseOfEach()
    {
        var client = _bed.Client();
        foreach (var i in Enumerable.Range(0, 40))
        {
            var current = Current(Load(new($"h{i % 20}.example")));
            using var server = _bed.Server(current);
            OpenSslPair.Connect(SideOf(server, current), SideOf(client, name: $"h{i % 20}.example"));
            using var pair = new OpenSslPair(SideOf(server, current), SideOf(client, name: $"h{(i + 1) % 20}.example"));
            Assert.False(pair.Handshake());
        }
    }

    public void Dispose() => _bed.Dispose();

    private static string AlertOf(string fault) => fault switch
    {
        "expired" or "expired intermediate" => "sslv3 alert certificate expired",
        "unknown authority" or "missing intermediate" or "self-signed" => "tlsv1 alert unknown ca",
        "usage" => "sslv3 alert unsupported certificate",
        _ => "sslv3 alert bad certificate",
    };

    private static (TlsIdentity Identity, string Name) Make(string fault, params string[] usages)
    {
        const string First = "spiffe://e.org/a";
        TlsIdentity Bundle(TestCertificateAuthority authority, TestCertificate certificate, string chain)
        {
            using var issued = authority.Issue(certificate);
            return Read(Pem(issued) + chain + TestCertificateAuthority.KeyPem(issued)).Loaded!;
        }

        var good = new TestCertificate(Host);
        switch (fault)
        {
            case "wrong name":
                return (Load(new("b.example", "c.example")), Host);
            case "unknown authority":
                return (Bundle(Stranger, good, Stranger.Pem), Host);
            case "expired":
                return (Load(good with { Until = Now.AddSeconds(-1) }), Host);
            case "not yet valid":
                return (Load(good with { From = Now.AddMinutes(1) }), Host);
            case "usage":
                return (Load(good with { Usages = [usages[1]] }), Host);
            case "missing intermediate":
                return (Bundle(Second, good, Second.Pem), Host);
            case "expired intermediate":
                using (var old = new TestCertificateAuthority("Old", Now, Root, new TestCertificate { Until = Now.AddDays(-0.5) }))
                {
                    return (Bundle(old, good, old.Pem), Host);
                }

            case "self-signed":
                return (Read(Certificates.Recorded.Certificate + Certificates.Recorded.EcKey).Loaded!, "recorded.example");
            case "several SPIFFE IDs":
                return (Load(new TestCertificate { Uris = [First, "spiffe://e.org/b"] }), First);
            default:
                return (Load(good), Host);
        }
    }

    private PeerVerdict Expect(TrustedRoots roots, IdentityPurpose purpose, TlsIdentity identity, string name)
    {
        var certificates = identity.Chain.Select(static content => X509CertificateLoader.LoadCertificate(content)).ToArray();
        return new PeerVerifier(roots, purpose, TlsText.ParseNames([name]), _bed.Time).Verify(certificates[0], [.. certificates[1..]]);
    }
}
