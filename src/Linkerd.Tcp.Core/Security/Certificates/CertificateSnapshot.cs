using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security;

/// <summary>Represents a certificate in use, or the roots of one purpose, at one moment, for introspection. It has no key. Immutable.</summary>
public sealed class CertificateSnapshot
{
    internal CertificateSnapshot(CertificateSlot slot)
    {
        var current = slot.Current;
        File = current.File;
        Thumbprint = current.Thumbprint;
        NotBefore = current.NotBefore;
        NotAfter = current.NotAfter;
        LoadedAt = slot.LoadedAt;
        Problem = slot.Problem?.Message;
        if (current is TlsIdentity identity)
        {
            Subject = identity.Subject;
            Names = identity.Names;
        }
    }

    /// <summary>Gets the path of the file; of roots, the paths of all their files, with commas.</summary>
    public string File { get; }

    /// <summary>Gets the subject; null for roots.</summary>
    public string? Subject { get; }

    /// <summary>Gets the DNS names that the certificate is for; empty for roots.</summary>
    public IReadOnlyList<string> Names { get; } = [];

    /// <summary>Gets the SHA-256 digest of the certificates, in hexadecimal.</summary>
    public string Thumbprint { get; }

    /// <summary>Gets the time from which it is valid; of roots, the first one.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Gets the time until which it is valid; of roots, the last one.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>Gets the time of the last load that succeeded.</summary>
    public DateTimeOffset LoadedAt { get; }

    /// <summary>Gets the reason for which changed files are not used; null if there is none.</summary>
    public string? Problem { get; }
}
