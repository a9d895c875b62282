using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.Namerd;

/// <summary>namerd behind TLS.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly X509Certificate2 _root = MakeRoot("CN=the root");
    private readonly X509Certificate2 _otherRoot = MakeRoot("CN=another root");
    private readonly TemporaryDirectory _folder = new();

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
        var tls = Trusting(_otherRoot);
        await using var watcher = Watch(server, tls);

        await watcher.NextFailsAsync(
            $"its certificate is refused: issued by an unknown authority, or a certificate between is missing: CN=the root, which issued CN=namerd; trusted: {tls.RootFiles[0]}");
    }

    [Fact]
    public async Task OtherRoot_IsReplacedByTheRightOne_IsTrustedAtTheNextConnection()
    {
        using var certificate = Issue("127.0.0.1");
        await using var server = new TlsServer(certificate);
        var tls = Trusting(_otherRoot);
        await using var watcher = Watch(server, tls, TimeProvider.System);
        await watcher.NextFailsAsync("issued by an unknown authority");

        Replace(tls.RootFiles[0], _root.ExportCertificatePem());

        await watcher.NextIsAsync(1);
    }

    [Fact]
    public async Task OtherName_SaysBothNames()
    {
        using var certificate = Issue("namerd.example");
        await using var server = new TlsServer(certificate);
        await using var watcher = Watch(server, Trusting(_root));

        await watcher.NextFailsAsync("its certificate is refused: no name of the certificate matches 127.0.0.1: it is for namerd.example");
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
        await using var watcher = Watch(server, Trusting(_root).With(own => own.Certificate = FilesOf(mine)));

        await watcher.NextFailsAsync("it did not accept our client certificate");
    }

    [Fact]
    public async Task ClientCertificateWanted_ItIsShown_Works()
    {
        using var certificate = Issue("127.0.0.1");
        using var mine = Issue("client");
        await using var server = new TlsServer(certificate, clientRoot: _root);
        await using var watcher = Watch(server, Trusting(_root).With(own => own.Certificate = FilesOf(mine)));

        await watcher.NextIsAsync(1);
    }

    [Fact]
    public async Task ClientCertificate_IsReplaced_IsSentAtTheNextConnection()
    {
        using var certificate = Issue("127.0.0.1");
        using var others = Issue("client", _otherRoot);
        using var mine = Issue("client");
        await using var server = new TlsServer(certificate, clientRoot: _root);
        var files = FilesOf(others);
        await using var watcher = Watch(server, Trusting(_root).With(own => own.Certificate = files), TimeProvider.System);
        await watcher.NextFailsAsync("it did not accept our client certificate");

        Replace(files.CertificateFile, Bundle(mine));

        await watcher.NextIsAsync(1);
    }

    [Fact]
    public async Task Files_ThatCannotBeUsed_AreAnErrorAtConstructionIfThereIsTls()
    {
        var tls = new ServerTlsOptions { RootFiles = [_folder["none.pem"]], Certificate = new CertificateFiles { CertificateFile = _folder["none.crt"] } };
        await new NamerdResolver(new NamerdOptions { Tls = tls }).DisposeAsync();
        var error = Assert.Throws<InvalidOptionsException>(() => new NamerdResolver(new NamerdOptions { BaseAddresses = [new("https://namerd")], Tls = tls }));
        Assert.Equal(
            [$"{_folder["none.crt"]}: there is no such file", $"{_folder["none.pem"]}: there is no such file"], error.Errors.Select(static wrong => wrong.Message));
        Assert.All(error.Errors, static wrong => Assert.StartsWith("Tls.", wrong.Path, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{sni}", false, "Tls.ServerName")]
    [InlineData("{1}.example", false, "Tls.ServerName")]
    [InlineData("namerd.example", true, "Tls.UseClientApplicationProtocol")]
    public void Options_ThatDependOnAClientOrADestination_AreAnError(string name, bool usesProtocol, string path)
    {
        var tls = new ServerTlsOptions { ServerName = name, UseClientApplicationProtocol = usesProtocol };
        Assert.Equal(path, Assert.Single(Assert.Throws<InvalidOptionsException>(() => new NamerdResolver(new NamerdOptions { Tls = tls })).Errors).Path);
    }

    [Fact]
    public async Task SkipVerification_IsObeyedAndWarnedOf()
    {
        using var certificate = Issue("namerd.example");
        await using var server = new TlsServer(certificate);
        await using var watcher = Watch(server, new ServerTlsOptions { SkipVerification = true });

        await watcher.NextIsAsync(1);
        Assert.Contains(watcher.Log.Of(Microsoft.Extensions.Logging.LogLevel.Warning), static line => line.Contains("NOT VERIFIED", StringComparison.Ordinal));
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
        _folder.Dispose();
    }

    private static Watcher Watch(TlsServer server, ServerTlsOptions tls, TimeProvider? timeProvider = null) =>
        new(new Uri($"https://127.0.0.1:{server.Port}"), NamerdMode.Resolve, change: options => options.With(own => (own.Tls, own.TimeProvider) = (tls, timeProvider ?? own.TimeProvider)));

    private static string Bundle(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem();
    }

    private static void Replace(string file, string content)
    {
        File.WriteAllText(file + ".new", content);
        File.Move(file + ".new", file, overwrite: true);
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
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
