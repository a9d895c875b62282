using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A certificate with its chain, and its key, as PEM files that a command line can name.</summary>
internal readonly record struct PemFiles(string Certificate, string Key);

/// <summary>The certificates of a test: a root, an intermediate below it that issues, and another root that has issued nothing. They are in a folder that is deleted at the end.</summary>
internal sealed class TlsFiles : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestCertificateAuthority _root;
    private readonly TestCertificateAuthority _intermediate;
    private int _written;

    public TlsFiles()
    {
        var now = TimeProvider.System.GetUtcNow();
        _root = new TestCertificateAuthority("test root", now);
        _intermediate = new TestCertificateAuthority("test intermediate", now, _root);
        using var other = new TestCertificateAuthority("other root", now);
        Root = WriteFile("root.pem", _root.Pem);
        OtherRoot = WriteFile("other.pem", other.Pem);
    }

    /// <summary>The file of the root that everything leads to.</summary>
    public string Root { get; }

    /// <summary>The file of a root that nothing leads to.</summary>
    public string OtherRoot { get; }

    /// <summary>Issues a certificate for a year.</summary>
    /// <returns>It, with its key.</returns>
    public X509Certificate2 Issue(TestCertificate certificate) => _intermediate.Issue(certificate);

    /// <summary>Issues a certificate for names, and writes it, the intermediate and the key.</summary>
    public PemFiles Write(params string[] names) => Write(new TestCertificate(names));

    /// <inheritdoc cref="Write(string[])"/>
    public PemFiles Write(TestCertificate certificate)
    {
        using var issued = Issue(certificate);
        var number = ++_written;
        return new(WriteFile($"{number}.pem", ChainPem(issued)), WriteFile($"{number}.key", TestCertificateAuthority.KeyPem(issued)));
    }

    /// <summary>Writes any file.</summary>
    /// <returns>Its path.</returns>
    public string WriteFile(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text);
        return _folder.File(name);
    }

    /// <inheritdoc cref="WriteFile(string, string)"/>
    public string WriteFile(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder.File(name), bytes);
        return _folder.File(name);
    }

    /// <summary>Writes a certificate and its key into one file, as HAProxy wants them.</summary>
    public string Join(PemFiles files) => WriteFile($"{++_written}.both", File.ReadAllText(files.Certificate) + File.ReadAllText(files.Key));

    /// <summary>A path in the folder, for a file that is not there yet.</summary>
    public string PathOf(string name) => _folder.File(name);

    /// <summary>Prints a certificate and the intermediate.</summary>
    public string ChainPem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n" + _intermediate.Pem;

    public void Dispose()
    {
        _intermediate.Dispose();
        _root.Dispose();
        _folder.Dispose();
    }
}
