using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The ways in which files are replaced.</summary>
public enum RotationLayout
{
    /// <summary>Each file is written beside the old one, and renamed to it.</summary>
    Rename,

    /// <summary>The old files are written over.</summary>
    InPlace,

    /// <summary>The files are links into a folder that is itself a link, which is renamed, as Kubernetes mounts secrets.</summary>
    SymbolicLink,
}

/// <summary>A certificate's and a key's file that are replaced again and again.</summary>
internal sealed partial class RotatingFiles(RotationLayout layout, string folder)
{
    private const string CertificateName = "tls.crt";
    private const string KeyName = "tls.key";
    private const string DataLink = "..data";
    private int _version;

    /// <summary>The names for a command line.</summary>
    public PemFiles Files => new(Path.Combine(folder, CertificateName), Path.Combine(folder, KeyName));

    /// <summary>Writes the files.</summary>
    /// <param name="certificate">The text of the certificate's file.</param>
    /// <param name="key">The text of the key's file; null: there is none any more.</param>
    public void Write(string certificate, string? key)
    {
        var version = ++_version;
        switch (layout)
        {
            case RotationLayout.Rename:
                File.WriteAllText(Files.Certificate + ".new", certificate);
                File.Move(Files.Certificate + ".new", Files.Certificate, overwrite: true);
                if (key is null)
                {
                    File.Delete(Files.Key);
                }
                else
                {
                    File.WriteAllText(Files.Key + ".new", key);
                    File.Move(Files.Key + ".new", Files.Key, overwrite: true);
                }

                break;
            case RotationLayout.InPlace:
                File.WriteAllText(Files.Certificate, certificate);
                File.WriteAllText(Files.Key, key ?? string.Empty);
                break;
            default:
                var data = Directory.CreateDirectory(Path.Combine(folder, $"..{version}")).FullName;
                File.WriteAllText(Path.Combine(data, CertificateName), certificate);
                if (key is not null)
                {
                    File.WriteAllText(Path.Combine(data, KeyName), key);
                }

                SwapLink(version);
                break;
        }
    }

    private void SwapLink(int version)
    {
        var (link, old) = (Path.Combine(folder, DataLink), Path.Combine(folder, $"..{version - 1}"));
        File.CreateSymbolicLink(link + "_tmp", $"..{version}");
        if (Rename(link + "_tmp", link) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        if (Directory.Exists(old))
        {
            Directory.Delete(old, recursive: true);
            return;
        }

        File.CreateSymbolicLink(Files.Certificate, Path.Combine(DataLink, CertificateName));
        File.CreateSymbolicLink(Files.Key, Path.Combine(DataLink, KeyName));
    }

    // File.Move looks at what a link leads to.
    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);
}
