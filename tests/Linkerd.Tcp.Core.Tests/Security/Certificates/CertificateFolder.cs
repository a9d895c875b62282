using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.TestUtilities.Certificates;
using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>The ways in which files are replaced.</summary>
public enum Replacement
{
    Rename,
    InPlace,

    /// <summary>As Kubernetes does: the files are links into a directory that is itself a link, which is swapped.</summary>
    SymbolicLink,
}

/// <summary>A directory with the files of an identity, which are replaced again and again.</summary>
internal sealed class CertificateFolder : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Replacement _way;
    private int _version;

    public CertificateFolder(Replacement way, TestCertificate certificate)
    {
        _way = way;
        if (way == Replacement.SymbolicLink)
        {
            File.CreateSymbolicLink(Files.CertificateFile, "..data/tls.crt");
            File.CreateSymbolicLink(Files.KeyFile!, "..data/tls.key");
        }

        Replace(certificate);
    }

    public CertificateFiles Files => new() { CertificateFile = _directory["tls.crt"], KeyFile = _directory["tls.key"] };

    public TemporaryDirectory Directory => _directory;

    /// <summary>Issues a certificate, and puts it there.</summary>
    /// <returns>Its digest.</returns>
    public string Replace(TestCertificate certificate)
    {
        using var issued = IdentityFixture.Intermediate.Issue(certificate);
        Replace(IdentityFixture.Pem(issued) + IdentityFixture.Intermediate.Pem, TestCertificateAuthority.KeyPem(issued));
        return issued.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256);
    }

    /// <summary>Puts two texts there; null: there is a directory in place of the file.</summary>
    public void Replace(string? certificate, string? key)
    {
        if (_way == Replacement.SymbolicLink)
        {
            var version = $"..version-{++_version}";
            System.IO.Directory.CreateDirectory(_directory[version]);
            Put($"{version}/tls.crt", certificate);
            Put($"{version}/tls.key", key);
            File.CreateSymbolicLink(_directory["..data_tmp"], version);
            LibC.Rename(_directory["..data_tmp"], _directory["..data"]);
            if (_version > 1)
            {
                System.IO.Directory.Delete(_directory[$"..version-{_version - 1}"], recursive: true);
            }

            return;
        }

        Put("tls.crt", certificate);
        Put("tls.key", key);
    }

    /// <summary>Writes one of the files.</summary>
    public void Put(string name, string? content)
    {
        var path = _directory[name];
        if (System.IO.Directory.Exists(path))
        {
            System.IO.Directory.Delete(path);
        }

        if (content is null)
        {
            File.Delete(path);
            System.IO.Directory.CreateDirectory(path);
        }
        else if (_way == Replacement.Rename)
        {
            File.WriteAllText(path + ".new", content);
            File.Move(path + ".new", path, overwrite: true);
        }
        else
        {
            // The clock of the file system has a resolution of some milliseconds: files of the same size that are written closer to each other look the same. Real time only: a poll is 500 ms from the next one.
            var before = FileFingerprint.Of(path);
            do
            {
                File.WriteAllText(path, content);
            }
            while (FileFingerprint.Of(path) == before);
        }
    }

    public void Dispose() => _directory.Dispose();
}
