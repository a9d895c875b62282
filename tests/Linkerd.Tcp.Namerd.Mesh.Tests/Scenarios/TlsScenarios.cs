using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.Namerd;

/// <summary><c>meshs://</c>.</summary>
public sealed class TlsScenarios : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TrustedRootAndServerName_Resolves()
    {
        using var authority = Authority();
        using var certificate = Issue(authority, "namerd.example");
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd, new MeshStandInOptions { Certificate = certificate });
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        var tls = Trusting(authority).With(own => own.ServerName = "namerd.example");
        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address).With(own => own.Tls = tls));
        await watcher.UntilIsAsync(MeshWatch.Bound(1));
        Assert.Equal("meshs", mesh.Address.Scheme);
    }

    [Fact]
    public async Task WrongServerName_Fails()
    {
        using var authority = Authority();
        using var certificate = Issue(authority, "namerd.example");
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd, new MeshStandInOptions { Certificate = certificate });
        await using var watcher = MeshWatch.Id(MeshWatch.At(mesh.Address).With(own => own.Tls = Trusting(authority)));
        Assert.Equal(
            $"no TLS connection to namerd at {mesh.EndPoint} can be made: its certificate is refused: no name of the certificate matches 127.0.0.1: it is for namerd.example", await watcher.UntilFailsAsync());
    }

    [Fact]
    public async Task OtherRoot_IsNamed()
    {
        using var authority = Authority();
        using var other = Authority("CN=another root");
        using var certificate = Issue(authority, "namerd.example");
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd, new MeshStandInOptions { Certificate = certificate });
        await using var watcher = MeshWatch.Id(MeshWatch.At(mesh.Address).With(own => own.Tls = Trusting(other)));
        Assert.StartsWith(
            $"no TLS connection to namerd at {mesh.EndPoint} can be made: its certificate is refused: issued by an unknown authority, or a certificate between is missing: CN=authority, "
            + $"which issued CN=namerd.example; trusted: {_folder["roots.pem"]}",
            await watcher.UntilFailsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OtherRoot_IsReplacedByTheRightOne_IsTrustedAtTheNextConnection()
    {
        using var authority = Authority();
        using var other = Authority("CN=another root");
        using var certificate = Issue(authority, "namerd.example");
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd, new MeshStandInOptions { Certificate = certificate });
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        var tls = Trusting(other).With(own => own.ServerName = "namerd.example");
        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address).With(own => own.Tls = tls));
        await watcher.UntilFailsAsync("unknown authority");
        Replace("roots.pem", authority.ExportCertificatePem());
        await watcher.UntilIsAsync(MeshWatch.Bound(1));
    }

    [Fact]
    public async Task ClientCertificate_IsReplaced_IsSentAtTheNextConnection()
    {
        using var authority = Authority();
        using var certificate = Issue(authority, "localhost");
        using var client = Issue(authority, "client.example");
        using var before = Issue(authority, "before.example");
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(
            namerd, new MeshStandInOptions { Certificate = certificate, ClientCertificate = shown => shown.Thumbprint == client.Thumbprint });
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        var tls = Trusting(authority).With(own => (own.ServerName, own.Certificate) = ("localhost", FilesOf(before)));
        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address).With(own => own.Tls = tls));
        await watcher.UntilFailsAsync("client certificate");
        Replace("client.pem", Bundle(client));
        await watcher.UntilIsAsync(MeshWatch.Bound(1));
    }

    [Fact]
    public async Task CertificateOfNobody_Fails()
    {
        using var authority = Authority();
        using var certificate = Issue(authority, "localhost");
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd, new MeshStandInOptions { Certificate = certificate });
        await using var watcher = MeshWatch.Id(MeshWatch.At(new Uri($"meshs://localhost:{mesh.EndPoint.Port}")));
        Assert.StartsWith("no TLS connection to namerd at localhost", await watcher.UntilFailsAsync("TLS"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientCertificate_IsShown()
    {
        using var authority = Authority();
        using var certificate = Issue(authority, "localhost");
        using var client = Issue(authority, "client.example");
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(
            namerd, new MeshStandInOptions { Certificate = certificate, ClientCertificate = shown => shown.Thumbprint == client.Thumbprint });
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        var tls = Trusting(authority).With(own => own.ServerName = "localhost");
        await using (var without = MeshWatch.Id(MeshWatch.At(mesh.Address).With(own => own.Tls = tls)))
        {
            Assert.Contains("it wants a client certificate, and none is set", await without.UntilFailsAsync(), StringComparison.Ordinal);
        }

        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address).With(own => own.Tls = tls.With(own => own.Certificate = FilesOf(client))));
        await watcher.UntilIsAsync(MeshWatch.Bound(1));
    }

    private static string Bundle(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem();
    }

    private ServerTlsOptions Trusting(X509Certificate2 root)
    {
        _folder.Write("roots.pem", root.ExportCertificatePem());
        return new() { RootFiles = [_folder["roots.pem"]] };
    }

    private CertificateFiles FilesOf(X509Certificate2 certificate)
    {
        _folder.Write("client.pem", Bundle(certificate));
        return new() { CertificateFile = _folder["client.pem"] };
    }

    private void Replace(string name, string content)
    {
        _folder.Write(name + ".new", content);
        File.Move(_folder[name + ".new"], _folder[name], overwrite: true);
    }

    private static X509Certificate2 Authority(string name = "CN=authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), [1, 2, 3, 4]);
        using var keyed = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(keyed.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }
}
