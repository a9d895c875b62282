using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>
/// Keeps the names of certificates that were seen last, as most peers come again and again and reading the names takes longer than all else of a verification beside the signatures. It has a place for
/// each value of a hash, and one certificate in it. Members may be called from any thread.
/// </summary>
internal sealed class CertificateNameCache
{
    // A power of two.
    private const int Places = 256;

    private readonly Entry?[] _entries = new Entry?[Places];

    /// <summary>Returns the names of an X509.</summary>
    public CertificateNames Of(nint certificate) => OpenSslCertificates.Use(certificate, this, static (cache, content) => cache.Of(content));

    private CertificateNames Of(ReadOnlySpan<byte> content)
    {
        var hash = new HashCode();
        hash.AddBytes(content);
        ref var place = ref _entries[hash.ToHashCode() & (Places - 1)];
        if (Volatile.Read(ref place) is { } entry && content.SequenceEqual(entry.Content))
        {
            return entry.Names;
        }

        using var read = X509CertificateLoader.LoadCertificate(content);
        var names = CertificateNames.Of(read);
        Volatile.Write(ref place, new(content.ToArray(), names));
        return names;
    }

    private sealed record Entry(byte[] Content, CertificateNames Names);
}
