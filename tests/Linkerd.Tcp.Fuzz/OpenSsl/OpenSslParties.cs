using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Security.OpenSsl;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Fuzz.OpenSsl;

/// <summary>A listener and a destination that trust each other, with the contexts that their handshakes share.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It lives as long as the process, and the server watches no file.")]
internal sealed class OpenSslParties
{
    private const string Name = "a.test";
    private const int ControlMaximumVersion = 124;
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";
    private static readonly Lazy<(X509Certificate2 Root, X509Certificate2 Leaf)> Issued = new(Issue);
    private static int ServerNumber;

    private readonly CurrentCertificates _current = Load();
    private readonly CurrentCertificates _clientCertificates;
    private readonly OpenSslServer _server;
    private readonly OpenSslClient _client;
    private readonly TlsVersion _version;
    private readonly IReadOnlyList<PeerName> _names;

    /// <param name="version">The only version.</param>
    /// <param name="isMutual">Whether the client has to present a certificate.</param>
    public OpenSslParties(TlsVersion version, bool isMutual)
    {
        _version = version;
        _server = new OpenSslServer(
            new ListenerTlsOptions { ClientCertificates = isMutual ? ClientCertificateMode.Require : ClientCertificateMode.None, MinimumVersion = version },
            _current,
            new CertificateServices(TimeProvider.System, NullLogger.Instance),
            string.Empty);
        _clientCertificates = isMutual ? _current : new(null, _current.Roots);
        _client = new OpenSslClient(new ServerTlsOptions { MinimumVersion = version }, _clientCertificates, TimeProvider.System, string.Empty);
        _names = PeerName.TryParse(Name, out var name) ? [name] : throw new FormatException();
    }

    /// <summary>Makes the side of the listener.</summary>
    public OpenSslSide ServerSide() => Limited(_server.SideFor(_current, Name, new PeerRefusal()));

    /// <summary>Makes the side of the destination.</summary>
    /// <param name="isResumed">Whether it uses a ticket of an earlier session, if there is one.</param>
    public OpenSslSide ClientSide(bool isResumed)
    {
        // No session with a server of another address is resumed.
        var endPoint = isResumed ? null : new IPEndPoint(IPAddress.Loopback, 1 + (int)((uint)Interlocked.Increment(ref ServerNumber) % 60_000));
        return Limited(_client.SideFor(_clientCertificates, endPoint, Name, _names, [], new PeerRefusal()));
    }

    private unsafe OpenSslSide Limited(OpenSslSide side)
    {
        side.Context.Control(ControlMaximumVersion, _version == TlsVersion.Tls13 ? LibSsl.Tls13 : LibSsl.Tls12);
        return side;
    }

    private static CurrentCertificates Load()
    {
        var (root, leaf) = Issued.Value;
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, root.ExportCertificatePem());
            var roots = TrustedRoots.Load([file]);
            return new(new TlsIdentitySet([new TlsIdentity("leaf", leaf, [], [])]), roots.Loaded ?? throw new InvalidOperationException(roots.Problem?.Message));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static (X509Certificate2 Root, X509Certificate2 Leaf) Issue()
    {
        var (from, until) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        rootRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(rootRequest.PublicKey, critical: false));
        using var root = rootRequest.CreateSelfSigned(from, until);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + Name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerUsage), new Oid(ClientUsage)], critical: false));
        using var leaf = request.Create(root, from, until, [1, 2, 3]);
        using var withKey = leaf.CopyWithPrivateKey(key);
        return (X509CertificateLoader.LoadCertificate(root.RawData), X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable));
    }
}
