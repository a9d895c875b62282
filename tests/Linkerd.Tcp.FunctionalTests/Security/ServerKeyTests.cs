using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Each kind of key in each form of file, as <c>openssl s_client</c> sees it.</summary>
[Trait("Category", "AnyTransport")]
public sealed class ServerKeyTests : IDisposable
{
    private const string Passphrase = "a secret";
    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("RSA-2048", "PKCS#1")]
    [InlineData("RSA-2048", "PKCS#8")]
    [InlineData("RSA-2048", "encrypted")]
    [InlineData("RSA-3072", "PFX")]
    [InlineData("P-256", "SEC1")]
    [InlineData("P-256", "PKCS#8")]
    [InlineData("P-256", "encrypted")]
    [InlineData("P-256", "PFX")]
    [InlineData("P-256", "in the certificate's file")]
    [InlineData("P-384", "SEC1")]
    [InlineData("P-384", "PKCS#8")]
    public async Task Handshake_KeyOfAFile_SignsIt(string kind, string form)
    {
        using var key = NewKey(kind);
        using var certificate = _files.Issue(new TestCertificate("web.example") { Key = key });
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, Options(certificate, key, form));
        foreach (var version in new[] { "-tls1_2", "-tls1_3" })
        {
            var printed = await OpenSslClient.TalkAsync(proxy, "-CAfile", _files.Root, "-verify_return_error", "-verify_hostname", "web.example", version);
            Assert.Contains("Verification: OK", printed, StringComparison.Ordinal);
            Assert.Contains($"Peer signature type: {(key is RSA ? "RSA-PSS" : "ECDSA")}\n", printed, StringComparison.Ordinal);
            Assert.Contains($"Server public key is {key.KeySize} bit\n", printed, StringComparison.Ordinal);
        }
    }

    private static AsymmetricAlgorithm NewKey(string kind) => kind switch
    {
        "RSA-2048" => RSA.Create(2048),
        "RSA-3072" => RSA.Create(3072),
        "P-256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        _ => ECDsa.Create(ECCurve.NamedCurves.nistP384),
    };

    private string[] Options(X509Certificate2 certificate, AsymmetricAlgorithm key, string form)
    {
        var chain = _files.ChainPem(certificate);
        if (form == "PFX")
        {
            var all = new X509Certificate2Collection { certificate };
            all.ImportFromPem(chain.AsSpan(certificate.ExportCertificatePem().Length));
            return ["--tls-cert", _files.WriteFile("web.pfx", all.Export(X509ContentType.Pkcs12, Passphrase)!), .. PassphraseFile()];
        }

        if (form == "in the certificate's file")
        {
            return ["--tls-cert", _files.WriteFile("web.pem", chain + key.ExportPkcs8PrivateKeyPem())];
        }

        var text = form switch
        {
            "PKCS#1" => ((RSA)key).ExportRSAPrivateKeyPem(),
            "SEC1" => ((ECDsa)key).ExportECPrivateKeyPem(),
            "PKCS#8" => key.ExportPkcs8PrivateKeyPem(),
            _ => key.ExportEncryptedPkcs8PrivateKeyPem(Passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 100_000)),
        };
        string[] passphrase = form == "encrypted" ? PassphraseFile() : [];
        return ["--tls-cert", _files.WriteFile("web.pem", chain), "--tls-key", _files.WriteFile("web.key", text), .. passphrase];
    }

    private string[] PassphraseFile() => ["--tls-passphrase-file", _files.WriteFile("passphrase", Passphrase + "\n")];
}
