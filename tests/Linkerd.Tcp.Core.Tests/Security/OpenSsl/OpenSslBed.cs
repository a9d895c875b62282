using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.TestUtilities.Files;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>Listeners and destinations with libssl, with a clock of the test's, and files for what is in no memory.</summary>
internal sealed unsafe class OpenSslBed : IDisposable
{
    public const string Host = "a.example";

    private const int ControlMaximumVersion = 124;

    public OpenSslBed() => Assert.SkipUnless(LibSslLoader.TryLoad(out var problem), $"libssl does not load: {problem}");

    public FakeTimeProvider Time { get; } = new(Now);

    public LogRecorder Log { get; } = new();

    public TemporaryDirectory Directory { get; } = new();

    public CertificateServices Services => new(Time, Log);

    public static CurrentCertificates Current(TlsIdentity? identity, TrustedRoots? roots = null, RevocationLists? lists = null) =>
        new(identity is null ? null : new TlsIdentitySet([identity]), roots ?? TrustedRoots.System, lists);

    public TrustedRoots Roots(params IEnumerable<string> pems)
    {
        Directory.Write("roots.pem", string.Concat(pems));
        return TrustedRoots.Load([Directory["roots.pem"]]).Loaded!;
    }

    public RevocationLists Lists(params IEnumerable<string> pems)
    {
        Directory.Write("lists.pem", string.Concat(pems));
        var (loaded, problem) = RevocationLists.Load([Directory["lists.pem"]]);
        return loaded ?? throw new InvalidOperationException(problem!.Message);
    }

    public OpenSslServer Server(CurrentCertificates current, ListenerTlsOptions? options = null) => new(options ?? new(), current, Services, "Tls.");

    public OpenSslClient Client(CurrentCertificates current, ServerTlsOptions? options = null) => new(options ?? new(), current, Time, "Tls.");

    /// <summary>A destination that trusts the root of the fixture.</summary>
    public OpenSslClient Client(ServerTlsOptions? options = null) => Client(Current(null, Roots(Root.Pem)), options);

    public static OpenSslServerSide SideOf(OpenSslServer server, CurrentCertificates current, string? serverName = null) => server.SideFor(current, serverName, new PeerRefusal());

    public static OpenSslClientSide SideOf(OpenSslClient client, CurrentCertificates? current = null, string? name = Host, IReadOnlyList<string>? protocols = null, SslVersion version = SslVersion.Any)
    {
        PeerName[] names = PeerName.TryParse(name, out var parsed) ? [parsed] : [];
        var side = client.SideFor(current ?? client.Context.Certificates, null, name, names, protocols ?? [], new PeerRefusal());
        side.Context.Control(ControlMaximumVersion, version == SslVersion.Tls12 ? LibSsl.Tls12 : 0);
        return side;
    }

    public void Dispose() => Directory.Dispose();
}

/// <summary>The versions that a client offers.</summary>
public enum SslVersion
{
    Any,
    Tls12,
}
