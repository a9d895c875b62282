using System.Net;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.TestUtilities.Certificates;
using Linkerd.Tcp.TestUtilities.Files;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>Peers' certificates against trusted roots, names, the time and the side of the handshake.</summary>
public sealed class PeerVerifierTests : IDisposable
{
    private static readonly TestCertificateAuthority Other = new("Other", Now);
    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("a.example", "a.example", true)]
    [InlineData("A.Example", "a.EXAMPLE.", true)]
    [InlineData("a.example", "b.example", false)]
    [InlineData("a.example", "x.a.example", false)]
    [InlineData("*.example.com", "a.example.com", true)]
    [InlineData("*.example.com", "A.EXAMPLE.com", true)]
    [InlineData("*.example.com", "example.com", false)]
    [InlineData("*.example.com", "a.b.example.com", false)]
    [InlineData("*.com", "example.com", false)]
    [InlineData("a*.example.com", "ab.example.com", false)]
    [InlineData("a.*.example.com", "a.b.example.com", false)]
    [InlineData("*.*.example.com", "a.b.example.com", false)]
    [InlineData("*", "example", false)]
    [InlineData("xn--bcher-kva.example", "bücher.example", true)]
    [InlineData("*.xn--bcher-kva.example", "www.bücher.example", true)]
    [InlineData("a.example.com", "*.example.com", true)]
    [InlineData("*.example.com", "*.example.com", true)]
    [InlineData("a.b.example.com", "*.example.com", false)]
    [InlineData("*.example", "10.0.0.1", false)]
    [InlineData("10.0.0.1", "10.0.0.1", false)]
    [InlineData("ip:10.0.0.1", "10.0.0.1", true)]
    [InlineData("ip:10.0.0.1", "10.0.0.2", false)]
    [InlineData("ip:2001:db8::1", "2001:DB8:0::1", true)]
    [InlineData("spiffe://example.org/ns/a", "spiffe://example.org/ns/a", true)]
    [InlineData("spiffe://example.org/ns/a", "SPIFFE://EXAMPLE.ORG/ns/a", true)]
    [InlineData("spiffe://example.org/ns/a", "spiffe://example.org/ns/A", false)]
    [InlineData("spiffe://example.org/ns/a", "spiffe://example.org/ns", false)]
    [InlineData("spiffe://example.org/ns/a", "spiffe://example.org/*", true)]
    [InlineData("spiffe://example.org/ns/a", "spiffe://example.org/ns/*", true)]
    [InlineData("spiffe://example.org/nsx/a", "spiffe://example.org/ns/*", false)]
    [InlineData("spiffe://example.org.evil/ns/a", "spiffe://example.org/*", false)]
    [InlineData("spiffe://example.org", "spiffe://example.org/*", false)]
    [InlineData("spiffe://example.org/a spiffe://example.org/b", "spiffe://example.org/a", false)]
    [InlineData("https://example.org/a", "https://example.org/a", true)]
    [InlineData("https://example.org/a", "https://example.org/A", false)]
    [InlineData("https://example.org/a", "example.org", false)]
    public void Verify_OneName_MatchesByTheRulesOfItsKind(string own, string expected, bool isAccepted)
    {
        var names = own.Split(' ');
        using var certificate = Root.Issue(new TestCertificate([.. names.Where(static name => !name.Contains(':', StringComparison.Ordinal))])
        {
            CommonName = "common",
            Addresses = [.. names.Where(static name => name.StartsWith("ip:", StringComparison.Ordinal)).Select(static name => IPAddress.Parse(name[3..]))],
            Uris = [.. names.Where(static name => name.Contains("://", StringComparison.Ordinal))],
        });

        var verdict = Verify(certificate, expected: [expected]);

        Assert.Equal((isAccepted, isAccepted ? PeerFailure.None : PeerFailure.WrongName), (verdict.IsAccepted, verdict.Failure));
        Assert.Equal(isAccepted, verdict.Problem is null);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("*")]
    [InlineData("a*.example.com")]
    [InlineData("*.*.example.com")]
    [InlineData("a..b")]
    [InlineData("1.2.3")]
    [InlineData("010.0.0.1")]
    [InlineData("https://example.org/*")]
    [InlineData("spiffe://*")]
    [InlineData("spiffe://*/a")]
    [InlineData("spiffe:///*")]
    [InlineData("spiffe://example.org/a*")]
    [InlineData("spiffe://example.org/*/a")]
    [InlineData("https://bücher.example/")]
    public void TryParse_WhatIsNoName_IsRefused(string text) => Assert.False(PeerName.TryParse(text, out _));

    [Fact]
    public void Verify_WrongName_SaysForWhomItIs()
    {
        using var two = Root.Issue(new TestCertificate("b.example", "c.example") { Addresses = [IPAddress.Loopback] });
        using var many = Root.Issue(new TestCertificate([.. Enumerable.Range(0, 20).Select(static i => $"h{i}.example")]));
        using var none = Root.Issue(new TestCertificate { CommonName = "a.example" });
        using var spiffe = Root.Issue(new TestCertificate { Uris = ["spiffe://e.org/a", "spiffe://e.org/b"] });

        Assert.Equal("no name of the certificate matches a.example: it is for b.example, c.example, 127.0.0.1", Verify(two, expected: ["a.example"]).Problem);
        Assert.Equal("no name of the certificate matches a.example or *.example: it is for h0.example, h1.example, h2.example, h3.example, h4.example, h5.example, h6.example, h7.example and 12 more", Verify(many, expected: ["a.example", "*.example"]).Problem);
        Assert.Equal("no name of the certificate matches a.example: it has none (CN=a.example does not count)", Verify(none, expected: ["a.example"]).Problem);
        Assert.Equal("no name of the certificate matches spiffe://e.org/a: it is for spiffe://e.org/a, spiffe://e.org/b (a SPIFFE identity has one URI)", Verify(spiffe, expected: ["spiffe://e.org/a"]).Problem);
    }

    [Fact]
    public void Verify_NoOrSeveralNames_AnyOrOneOfThemIsEnough()
    {
        using var certificate = Root.Issue(new TestCertificate("b.example"));

        Assert.True(Verify(certificate).IsAccepted);
        Assert.True(Verify(certificate, expected: ["a.example", "b.example"]).IsAccepted);
    }

    [Fact]
    public void Verify_Time_IsThatOfTheClock()
    {
        using var expired = Root.Issue(new TestCertificate("a.example") { Until = Now.AddSeconds(-1) });
        using var future = Root.Issue(new TestCertificate("a.example") { From = Now.AddMinutes(1) });
        using var old = new TestCertificateAuthority("Old", Now, Root, new TestCertificate { Until = Now.AddDays(-0.5) });
        using var below = old.Issue(new TestCertificate("a.example"));

        Assert.Equal(new(PeerFailure.Expired, "expired on 2026-06-01 11:59:59Z"), Verify(expired));
        Assert.Equal(new(PeerFailure.NotYetValid, "not valid before 2026-06-01 12:01:00Z"), Verify(future));
        Assert.Equal(new(PeerFailure.Expired, "expired on 2026-06-01 00:00:00Z (the issuer CN=Old)"), Verify(below, others: [old.Certificate]));
    }

    [Fact]
    public void Verify_Chain_NeedsATrustedRootAndAllBetween()
    {
        using var own = Second.Issue(new TestCertificate("a.example"));
        using var stranger = Other.Issue(new TestCertificate("a.example"));
        using var impostor = new TestCertificateAuthority("Root", Now);
        using var forged = impostor.Issue(new TestCertificate("a.example"));

        Assert.True(Verify(own, others: [Second.Certificate, Intermediate.Certificate]).IsAccepted);
        Assert.True(Verify(own, others: [Intermediate.Certificate, Root.Certificate, Second.Certificate]).IsAccepted);
        Assert.Equal(
            new(PeerFailure.UnknownAuthority, "issued by an unknown authority, or a certificate between is missing: CN=Second, which issued CN=a.example"), Verify(own, others: [Intermediate.Certificate]));
        Assert.Equal(
            new(PeerFailure.UnknownAuthority, "issued by an unknown authority, or a certificate between is missing: CN=Other, which issued CN=a.example"), Verify(stranger));
        Assert.Equal(new(PeerFailure.UnknownAuthority, "issued by an unknown authority: CN=Other"), Verify(stranger, others: [Other.Certificate]));
        Assert.Equal(new(PeerFailure.UnknownAuthority, "it is its own issuer, and not trusted: CN=Other"), Verify(Other.Certificate));
        Assert.NotEqual(PeerFailure.None, Verify(forged).Failure);
        Assert.NotEqual(PeerFailure.None, Verify(forged, others: [impostor.Certificate]).Failure);
        Assert.Equal(new(PeerFailure.Missing, "it sent no certificate"), new PeerVerifier(Roots(Root), IdentityPurpose.Server, [], new FakeTimeProvider(Now)).Verify(null, []));
    }

    [Fact]
    public void Verify_Usage_IsThatOfTheSide()
    {
        using var server = Root.Issue(new TestCertificate("a.example") { Usages = [TestCertificate.ServerUsage] });
        using var client = Root.Issue(new TestCertificate("a.example") { Usages = [TestCertificate.ClientUsage] });
        using var none = Root.Issue(new TestCertificate("a.example") { Usages = [] });

        Assert.True(Verify(server).IsAccepted);
        Assert.Equal(new(PeerFailure.WrongUsage, "its usage does not allow servers"), Verify(client));
        Assert.True(Verify(client, purpose: IdentityPurpose.Client).IsAccepted);
        Assert.Equal(new(PeerFailure.WrongUsage, "its usage does not allow clients"), Verify(server, purpose: IdentityPurpose.Client));
        Assert.True(Verify(none).IsAccepted);
        Assert.True(Verify(none, purpose: IdentityPurpose.Client).IsAccepted);
    }

    [Fact]
    public void Verify_SystemRoots_DoNotTrustAPrivateAuthority()
    {
        using var own = Root.Issue(new TestCertificate("a.example"));
        var verifier = new PeerVerifier(TrustedRoots.System, IdentityPurpose.Server, [], new FakeTimeProvider(Now));

        Assert.Equal(PeerFailure.UnknownAuthority, verifier.Verify(own, [Root.Certificate]).Failure);
    }

    [Fact]
    public void CreatePolicy_EachTime_IsAnotherOneThatAsksNoNetwork()
    {
        var verifier = new PeerVerifier(Roots(Root), IdentityPurpose.Server, [], new FakeTimeProvider(Now));
        var policy = verifier.CreatePolicy();

        Assert.NotSame(policy, verifier.CreatePolicy());
        Assert.Equal((true, X509RevocationMode.NoCheck, X509ChainTrustMode.CustomRootTrust), (policy.DisableCertificateDownloads, policy.RevocationMode, policy.TrustMode));
    }

    [Fact]
    public void Load_Roots_AreThoseOfAllFilesOnce()
    {
        _directory.Write("one.pem", $"# comment\n{Root.Pem}\n{Other.Pem}");
        _directory.Write("two.pem", Other.Pem + Intermediate.Pem + Recorded.EcKey);
        var roots = TrustedRoots.Load([_directory["one.pem"], _directory["two.pem"]]).Loaded!;

        Assert.Equal(3, roots.Count);
        Assert.Equal(
            [$"CN=Intermediate in {_directory["two.pem"]} is not its own issuer: it is not trusted by itself, only a root is", $"there is a private key in {_directory["two.pem"]}, which nothing needs there"],
            roots.Warnings);
    }

    [Theory]
    [InlineData("<html>", "malformed", "certificates of authorities in PEM was expected, not HTML or XML")]
    [InlineData(Recorded.EcKey, "malformed", "a certificate was expected, not EC PARAMETERS, a private key (EC PRIVATE KEY)")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAEC\n", "malformed", "line 2: the block CERTIFICATE that begins in line 1 has no END line: the file is cut off")]
    public void Load_WhatIsNoRoot_IsAnError(string content, string cause, string message)
    {
        _directory.Write("good.pem", Root.Pem);
        _directory.Write("bad.pem", content);
        var (loaded, problem) = TrustedRoots.Load([_directory["good.pem"], _directory["bad.pem"]]);

        Assert.Null(loaded);
        Assert.Equal((cause, $"{_directory["bad.pem"]}: {message}"), (problem!.Cause, problem.Message));
    }

    public void Dispose() => _directory.Dispose();

    private TrustedRoots Roots(params TestCertificateAuthority[] authorities)
    {
        _directory.Write("roots.pem", string.Concat(authorities.Select(static authority => authority.Pem)));
        return TrustedRoots.Load([_directory["roots.pem"]]).Loaded!;
    }

    private PeerVerdict Verify(
        X509Certificate2 certificate, X509Certificate2Collection? others = null, IReadOnlyList<string>? expected = null, IdentityPurpose purpose = IdentityPurpose.Server)
    {
        var names = (expected ?? []).Select(static text => PeerName.TryParse(text, out var name) ? name : throw new FormatException(text)).ToList();
        return new PeerVerifier(Roots(Root), purpose, names, new FakeTimeProvider(Now)).Verify(certificate, others ?? []);
    }
}
