using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>namerd behind TLS.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly X509Certificate2 _root = MakeRoot("CN=the root");
    private readonly X509Certificate2 _otherRoot = MakeRoot("CN=another root");

    [Fact]
    public async Task TrustedRoot_StandIn_Works()
    {
        using var certificate = Issue("127.0.0.1");
        await using var namerd = await NamerdStandIn.StartAsync(certificate: certificate);
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress, NamerdMode.Bind, change: options => options.With(own => own.Tls = Trusting(_root)));

        await watcher.NextIsAsync(1);
        Assert.Equal($"{namerd.EndPoint}", namerd.RequestHeaders[0]["Host"]);
    }

    [Fact]
    public async Task OtherRoot_SaysThatTheCertificateLeadsElsewhere()
    {
        using var certificate = Issue("127.0.0.1");
        await using var server = new TlsServer(certificate);
        await using var watcher = Watch(server, Trusting(_otherRoot));

        await watcher.NextFailsAsync("its certificate (CN=namerd, issued by CN=the root) does not lead to the 1 roots that are given: CN=another root (");
    }

    [Fact]
    public async Task OtherName_SaysBothNames()
    {
        using var certificate = Issue("namerd.example");
        await using var server = new TlsServer(certificate);
        await using var watcher = Watch(server, Trusting(_root));

        await watcher.NextFailsAsync("its certificate is for namerd.example, and not for 127.0.0.1");
    }

    [Fact]
    public async Task ServerName_IsAskedForAndExpected()
    {
        using var certificate = Issue("namerd.example");
        await using var server = new TlsServer(certificate);
        await using var watcher = Watch(server, Trusting(_root).With(own => own.ServerName = "namerd.example"));

        await watcher.NextIsAsync(1);
        Assert.Equal("namerd.example", server.ServerName);
    }

    [Fact]
    public async Task ClientCertificateWanted_NoneIsSet_SaysSo()
    {
        using var certificate = Issue("127.0.0.1");
        await using var server = new TlsServer(certificate, clientRoot: _root);
        await using var watcher = Watch(server, Trusting(_root));

        await watcher.NextFailsAsync("it wants a client certificate, and none is set");
    }

    [Fact]
    public async Task ClientCertificateWanted_AnotherIsShown_SaysSo()
    {
        using var certificate = Issue("127.0.0.1");
        using var mine = Issue("client", _otherRoot);
        await using var server = new TlsServer(certificate, clientRoot: _root);
        await using var watcher = Watch(server, Trusting(_root).With(own => own.ClientCertificate = mine));

        await watcher.NextFailsAsync("it did not accept our client certificate");
    }

    [Fact]
    public async Task ClientCertificateWanted_ItIsShown_Works()
    {
        using var certificate = Issue("127.0.0.1");
        using var mine = Issue("client");
        await using var server = new TlsServer(certificate, clientRoot: _root);
        await using var watcher = Watch(server, Trusting(_root).With(own => own.ClientCertificate = mine));

        await watcher.NextIsAsync(1);
    }

    [Fact]
    public async Task PlainHttpThere_SaysThatTheHandshakeFailed()
    {
        await using var server = RawServer.Start(connection => connection.SendAsync(NamerdHttp.Answer("", "400 Bad Request", "")));
        await using var watcher = new Watcher(new Uri($"https://{server.EndPoint}"));

        await watcher.NextFailsAsync("can be made: the handshake failed (");
    }

    public void Dispose()
    {
        _root.Dispose();
        _otherRoot.Dispose();
    }

    private static Watcher Watch(TlsServer server, NamerdTlsOptions tls) =>
        new(new Uri($"https://127.0.0.1:{server.Port}"), NamerdMode.Resolve, change: options => options.With(own => own.Tls = tls));

    private static NamerdTlsOptions Trusting(X509Certificate2 root) => new() { TrustedRoots = [root] };

    private static X509Certificate2 MakeRoot(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }

    private X509Certificate2 Issue(string name, X509Certificate2? root = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name == "client" ? "CN=client" : "CN=namerd", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (System.Net.IPAddress.TryParse(name, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(root ?? _root, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100), [1, 2, 3]);
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
