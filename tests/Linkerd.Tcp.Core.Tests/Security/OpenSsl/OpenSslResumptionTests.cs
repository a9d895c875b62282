using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.TestUtilities.Certificates;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;
using static Linkerd.Tcp.Tests.Security.OpenSsl.OpenSslBed;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>Sessions that are resumed, and those that must not be.</summary>
public sealed partial class OpenSslResumptionTests : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);
    private static readonly TlsIdentity Identity = Load(new(Host));
    private readonly OpenSslBed _bed = new();

    [Theory]
    [InlineData(SslVersion.Any)]
    [InlineData(SslVersion.Tls12)]
    public void Connect_Again_ResumesEveryTime(SslVersion version)
    {
        var current = Current(Identity);
        using var server = _bed.Server(current);
        var client = _bed.Client();

        Assert.False(Connect(server, current, client, version));
        for (var i = 0; i < 5; i++)
        {
            Assert.True(Connect(server, current, client, version));
        }
    }

    [Fact]
    public void Connect_TicketsOfTls13_AreUsedOnce()
    {
        var current = Current(Identity);
        using var server = _bed.Server(current, new ListenerTlsOptions { TicketCount = 3 });
        var client = _bed.Client();
        OpenSslPair.Connect(SideOf(server, current), SideOf(client));

        // Each takes its ticket when it begins, and gets new ones at the end only.
        var pairs = Enumerable.Range(0, 4).Select(_ => new OpenSslPair(SideOf(server, current), SideOf(client))).ToList();

        Assert.All(pairs, static pair => Assert.True(pair.Handshake()));
        Assert.Equal([true, true, true, false], pairs.Select(static pair => pair.Client.IsResumed));
        pairs.ForEach(static pair => pair.Dispose());
    }

    [Theory]
    [InlineData(SslVersion.Any)]
    [InlineData(SslVersion.Tls12)]
    public void Connect_TicketCountZero_NothingIsResumed(SslVersion version)
    {
        var current = Current(Identity);
        using var server = _bed.Server(current, new ListenerTlsOptions { TicketCount = 0 });
        var client = _bed.Client();

        Assert.False(Connect(server, current, client, version));
        Assert.False(Connect(server, current, client, version));
        Assert.Equal(0, client.Context.Tickets.Count);
    }

    [Theory]
    [InlineData(SslVersion.Any)]
    [InlineData(SslVersion.Tls12)]
    public void Connect_KeysOfTheProcess_ResumeAcrossOneRotation(SslVersion version)
    {
        var current = Current(Identity);
        using var server = _bed.Server(current);
        var client = _bed.Client();
        Connect(server, current, client, version);

        for (var age = TimeSpan.Zero; age < TimeSpan.FromHours(24); age += Lifetime)
        {
            _bed.Time.Advance(Lifetime);
            Assert.True(Connect(server, current, client, version));
        }

        _bed.Time.Advance(2 * Lifetime);
        Assert.False(Connect(server, current, client, version));
        Assert.True(Connect(server, current, client, version));
    }

    [Theory]
    [InlineData(SslVersion.Any)]
    [InlineData(SslVersion.Tls12)]
    public void Connect_KeysOfAFile_ResumeInEveryProcess(SslVersion version)
    {
        var (one, two) = (RandomNumberGenerator.GetBytes(80), RandomNumberGenerator.GetBytes(80));
        File.WriteAllBytes(_bed.Directory["old"], [.. one, .. two]);
        File.WriteAllBytes(_bed.Directory["new"], [.. two, .. one]);
        File.WriteAllBytes(_bed.Directory["other"], RandomNumberGenerator.GetBytes(80));
        var current = Current(Identity);
        using var first = _bed.Server(current, new ListenerTlsOptions { TicketKeyFile = _bed.Directory["old"] });
        using var second = _bed.Server(current, new ListenerTlsOptions { TicketKeyFile = _bed.Directory["new"] });
        using var stranger = _bed.Server(current, new ListenerTlsOptions { TicketKeyFile = _bed.Directory["other"] });
        var client = _bed.Client();

        Assert.False(Connect(first, current, client, version));
        Assert.True(Connect(second, current, client, version));
        Assert.True(Connect(first, current, client, version));
        Assert.True(Connect(second, current, client, version));
        Assert.False(Connect(stranger, current, client, version));
    }

    [Theory]
    [InlineData(SslVersion.Any)]
    [InlineData(SslVersion.Tls12)]
    public void Connect_RenewedCertificate_ResumesOldSessions(SslVersion version)
    {
        var (before, after, other) = (Current(Identity), Current(Load(new(Host) { CommonName = "renewed" })), Current(Load(new(Host, "b.example"))));
        using var server = _bed.Server(before);
        var client = _bed.Client();

        Connect(server, before, client, version);
        Assert.True(Connect(server, after, client, version));

        // Another name is another server.
        Assert.False(Connect(server, other, client, version));
    }

    [Theory]
    [InlineData(SslVersion.Any)]
    [InlineData(SslVersion.Tls12)]
    public void Connect_ClientCertificate_ResumesUnderTheSameRulesAlone(SslVersion version)
    {
        var roots = _bed.Roots(Root.Pem);
        var current = Current(Identity, roots);
        var own = Current(Load(new("client.example") { Until = Now.AddHours(5) }), roots);
        var client = _bed.Client(own);
        File.WriteAllBytes(_bed.Directory["keys"], RandomNumberGenerator.GetBytes(80));
        OpenSslServer Make(CurrentCertificates current, ClientCertificateMode mode = ClientCertificateMode.Require, params string[] names) =>
            _bed.Server(current, new ListenerTlsOptions { ClientCertificates = mode, ClientNames = names, TicketKeyFile = _bed.Directory["keys"] });

        using var server = Make(current);
        using var same = Make(current);
        Assert.False(Connect(server, current, client, version));
        Assert.True(Connect(server, current, client, version));
        Assert.True(Connect(same, current, client, version));

        var moreRoots = current with { Roots = _bed.Roots(Root.Pem, new TestCertificateAuthority("New", Now).Pem) };
        var lists = current with { Revocations = _bed.Lists(Root.Revoke(Now.AddDays(1)), Intermediate.Revoke(Now.AddDays(1))) };
        using var otherRoots = Make(moreRoots);
        using var withLists = Make(lists);
        using var otherMode = Make(current, ClientCertificateMode.Request);
        using var otherNames = Make(current, ClientCertificateMode.Require, "client.example");
        using var without = Make(current, ClientCertificateMode.None);
        Assert.False(Connect(otherRoots, moreRoots, client, version));
        Assert.False(Connect(server, current, client, version));
        Assert.False(Connect(withLists, lists, client, version));
        Assert.False(Connect(server, current, client, version));
        Assert.False(Connect(otherMode, current, client, version));
        Assert.False(Connect(server, current, client, version));
        Assert.False(Connect(otherNames, current, client, version));
        Assert.False(Connect(server, current, client, version));
        Assert.False(Connect(without, current, client, version));
        Assert.False(Connect(server, current, client, version));
        Assert.True(Connect(server, current, client, version));

        // A session does not outlive the client's certificate.
        _bed.Time.Advance(TimeSpan.FromHours(6));
        var side = SideOf(server, current);
        using var pair = new OpenSslPair(side, SideOf(client, own, version: version));
        Assert.False(pair.Handshake());
        Assert.Equal(PeerFailure.Expired, side.Refusal.Verdict!.Value.Failure);
    }

    [Fact]
    public void Connect_OtherCertificatesOfTheClient_ResumeNothing()
    {
        var current = Current(Identity);
        using var server = _bed.Server(current);
        var before = Current(null, _bed.Roots(Root.Pem));
        var client = _bed.Client(before);
        Connect(server, current, client);
        Assert.True(Connect(server, current, client));
        var after = Current(null, _bed.Roots(Root.Pem, Intermediate.Pem));

        Assert.False(OpenSslPair.Connect(SideOf(server, current), SideOf(client, after)));
        Assert.True(OpenSslPair.Connect(SideOf(server, current), SideOf(client, after)));
    }

    [Fact]
    public void Connect_OtherNameOrAddress_IsAnotherServer()
    {
        var current = Current(Load(new(Host, "b.example")));
        using var server = _bed.Server(current);
        var client = _bed.Client();
        bool Run(string name, int port)
        {
            Assert.True(PeerName.TryParse(name, out var parsed));
            return OpenSslPair.Connect(SideOf(server, current), client.SideFor(client.Context.Certificates, new IPEndPoint(IPAddress.Loopback, port), name, [parsed], [], new PeerRefusal()));
        }

        Assert.False(Run(Host, 1));
        Assert.True(Run(Host, 1));
        Assert.False(Run("b.example", 1));
        Assert.False(Run(Host, 2));
        Assert.True(Run(Host, 1));
        Assert.Equal(3, client.Context.Tickets.Count);
    }

    [Theory]
    [InlineData(SslVersion.Any)]
    [InlineData(SslVersion.Tls12)]
    public void Connect_ServersCertificateExpired_IsNotResumed(SslVersion version)
    {
        var (before, after) = (Current(Load(new(Host) { Until = Now.AddMinutes(30) })), Current(Identity));
        using var server = _bed.Server(before);
        var client = _bed.Client();
        Connect(server, before, client, version);
        Assert.True(Connect(server, before, client, version));

        _bed.Time.Advance(TimeSpan.FromMinutes(31));

        Assert.False(Connect(server, after, client, version));
    }

    [Fact]
    public void Add_MoreTicketsThanTheBound_DropsTheOldest()
    {
        var current = Current(Identity);
        using var server = _bed.Server(current, new ListenerTlsOptions { TicketCount = 16 });
        var client = _bed.Client();
        // 64 tickets of one server: nobody resumes.
        var first = Enumerable.Range(0, 4).Select(_ => new OpenSslPair(SideOf(server, current), SideOf(client))).ToList();
        Assert.All(first, static pair => Assert.True(pair.Handshake()));
        first.ForEach(static pair => pair.Dispose());

        var pairs = Enumerable.Range(0, TicketStore.MaxSessions + 1).Select(_ => new OpenSslPair(SideOf(server, current), SideOf(client))).ToList();
        Assert.All(pairs, static pair => Assert.True(pair.Handshake()));
        Assert.Equal(TicketStore.MaxSessions, pairs.Count(static pair => pair.Client.IsResumed));
        pairs.ForEach(static pair => pair.Dispose());
    }

    [Fact]
    public void Add_MoreServersThanTheBound_DropsThoseUsedLongestAgo()
    {
        var store = new TicketStore();
        static TicketKey Key(int i) => new(new IPEndPoint(IPAddress.Loopback, i), Host);
        for (var i = 1; i <= TicketStore.MaxServers + 10; i++)
        {
            store.Add(Key(i), NewSession());
            store.Add(Key(1), NewSession());
        }

        Assert.Equal(TicketStore.MaxServers, store.Count);
        Assert.True(store.Has(Key(1)));
        Assert.False(store.Has(Key(2)));
        Assert.True(store.Has(Key(TicketStore.MaxServers + 10)));
    }

    public void Dispose() => _bed.Dispose();

    private static bool Connect(OpenSslServer server, CurrentCertificates current, OpenSslClient client, SslVersion version = SslVersion.Any) =>
        OpenSslPair.Connect(SideOf(server, current), SideOf(client, version: version));

    [LibraryImport("libssl.so.3", EntryPoint = "SSL_SESSION_new")]
    private static partial nint NewSession();
}
