using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.TestUtilities.Certificates;
using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Certificates, keys and roots that cannot be used at start: a line for each that names the option and the file, exit code 78.</summary>
public sealed class CertificateFailureTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();
    private readonly TestCertificateAuthority _authority = new("root", DateTimeOffset.UtcNow);

    public CertificateFailureTests()
    {
        using var certificate = _authority.Issue(new TestCertificate("web.example.com"));
        _files.Write("web.pem", certificate.ExportCertificatePem());
        _files.Write("web.key", TestCertificateAuthority.KeyPem(certificate));
        _files.Write("ca.pem", _authority.Pem);
        _files.Write("text.txt", "nothing\n");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _files.Write("other.key", key.ExportPkcs8PrivateKeyPem());
        using var own = certificate.GetECDsaPrivateKey()!;
        _files.Write("encrypted.key", own.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _files.Dispose();
    }

    [Theory]
    [InlineData("--tls-key: @other.key: the key (ECDSA) does not fit the certificate CN=web.example.com (ECDSA) in @web.pem", "--tls-cert", "@web.pem", "--tls-key", "@other.key")]
    [InlineData("--tls-key: @none.key: there is no such file", "--tls-cert", "@web.pem", "--tls-key", "@none.key")]
    [InlineData("--tls-key: @web.pem: there is no private key behind the certificates, and no key file is given", "--tls-cert", "@web.pem")]
    [InlineData("--tls-cert: @text.txt: a certificate in PEM was expected, not text without a BEGIN line", "--tls-cert", "@text.txt", "--tls-key", "@web.key")]
    [InlineData("--tls-passphrase-file: @none.txt: there is no such file", "--tls-cert", "@web.pem", "--tls-key", "@encrypted.key", "--tls-passphrase-file", "@none.txt")]
    [InlineData("--tls-client-ca: @: a file was expected, not a directory", "--tls-cert", "@web.pem", "--tls-key", "@web.key", "--tls-client-ca", "@")]
    [InlineData("--server-ca: @web.key: a certificate was expected, not a private key (PRIVATE KEY)", "--server-tls", "--server-ca", "@web.key")]
    [InlineData("--server-cert: @none.pem: there is no such file", "--server-tls", "--server-cert", "@none.pem")]
    [InlineData("--server-key: @other.key: the key (ECDSA) does not fit", "--server-tls", "--server-cert", "@web.pem", "--server-key", "@other.key")]
    public async Task File_CannotBeUsed_ExitsWith78AndNamesTheOption(string expected, params string[] options)
    {
        var errors = await ErrorsOfAsync(options);
        Assert.StartsWith("error: " + Expand(expected), Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_OfSeveralOptions_AreReportedAtOnceAndOnceEach()
    {
        var errors = await ErrorsOfAsync(
            "-l", "127.0.0.1:0", "--tls-cert", "@none.pem", "--tls-cert", "@web.pem", "--tls-key", "@other.key", "--tls-client-ca", "@text.txt", "--server-tls", "--server-ca", "@none.pem");
        Assert.Equal(["--tls-cert", "--tls-key", "--tls-client-ca", "--server-ca"], errors.Select(static error => error.Split(' ')[1].TrimEnd(':')));
    }

    [Fact]
    public async Task Certificate_Expired_ServesWithAnError()
    {
        using var old = _authority.Issue(new TestCertificate("old.example.com") { From = DateTimeOffset.UtcNow.AddDays(-9), Until = DateTimeOffset.UtcNow.AddDays(-2) });
        _files.Write("old.pem", old.ExportCertificatePem() + "\n" + TestCertificateAuthority.KeyPem(old));
        await using var proxy = await Executable.StartAsync("/$/nil", "--tls-cert", _files["old.pem"]);
        Assert.Contains(proxy.Error.Lines, line => line.Contains(" ERROR ", StringComparison.Ordinal) && line.Contains("old.pem (old.example.com) EXPIRED on ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verification_SwitchedOff_WarnsAtStart()
    {
        await using var proxy = await Executable.StartAsync("/$/nil", "--server-tls", "--server-tls-insecure");
        Assert.Contains(proxy.Error.Lines, static line => line.Contains(" WARN ", StringComparison.Ordinal) && line.Contains("--server-tls-insecure: the certificates of servers are not verified", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Key_EncryptedWithItsPassphrase_Serves()
    {
        _files.Write("secret.txt", "secret\n");
        await using var proxy = await Executable.StartAsync("/$/nil", "--tls-cert", _files["web.pem"], "--tls-key", _files["encrypted.key"], "--tls-passphrase-file", _files["secret.txt"]);
        Assert.Contains(proxy.Error.Lines, line => line.Contains("(web.example.com) loaded", StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<string>> ErrorsOfAsync(params string[] options)
    {
        await using var process = await Executable.RunAsync(["-l", "127.0.0.1:0", .. options.Select(Expand), "/$/nil"]);
        Assert.Equal(78, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Empty(process.Output.Text);
        Assert.DoesNotContain("   at ", process.Error.Text, StringComparison.Ordinal);
        return [.. process.Error.Lines.Where(static line => line.Contains("error", StringComparison.OrdinalIgnoreCase))];
    }

    // The files are in a directory that is another one each time.
    private string Expand(string text) => text.Replace("@", _files.Path + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
