using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>
/// Represents the authorities that peers' certificates are verified with: those of PEM files, or the system's. Immutable; members may be called from any thread. It is not disposable, as
/// <see cref="TlsIdentity"/> is not.
/// </summary>
internal sealed class TrustedRoots : ILoadedCertificates
{
    /// <summary>The option that names the files.</summary>
    public const string Option = "RootFiles";

    // Null: the system's.
    private readonly X509Certificate2Collection? _certificates;

    private TrustedRoots(string file, X509Certificate2Collection? certificates, IReadOnlyList<string> warnings)
    {
        File = file;
        _certificates = certificates;
        Warnings = warnings;
        NotBefore = certificates?.Min(static root => root.NotBefore.ToUniversalTime()) ?? DateTimeOffset.MinValue;
        NotAfter = certificates?.Max(static root => root.NotAfter.ToUniversalTime()) ?? DateTimeOffset.MaxValue;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var root in certificates ?? [])
        {
            hash.AppendData(root.RawDataMemory.Span);
        }

        Thumbprint = Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Gets the roots of the system, which the runtime keeps up to date.</summary>
    public static TrustedRoots System { get; } = new("the system's roots", null, []);

    /// <summary>Gets the paths of the files, with commas.</summary>
    public string File { get; }

    /// <summary>Gets the time from which the first of them is valid.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Gets the time until which the last of them is valid: a bundle may keep roots that have expired.</summary>
    public DateTimeOffset NotAfter { get; }

    public string Thumbprint { get; }

    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Gets the certificates, which nobody changes or disposes; null if they are the system's.</summary>
    public X509Certificate2Collection? Certificates => _certificates;

    /// <summary>Gets the number of certificates; 0 if they are the system's.</summary>
    public int Count => _certificates?.Count ?? 0;

    /// <summary>Loads the certificates of PEM files. Blocks on the file system: not for event loops.</summary>
    public static CertificateLoad<TrustedRoots> Load(IReadOnlyList<string> files)
    {
        var roots = new X509Certificate2Collection();
        var warnings = new List<string>();
        try
        {
            foreach (var file in files)
            {
                Add(new(file, Option), BoundedFile.Read(file, Option), roots, warnings);
            }

            return new(new(string.Join(", ", files), roots, warnings), null);
        }
        catch (CertificateLoadException e)
        {
            CertificateReader.Dispose(roots);
            return new(null, e.Problem);
        }
    }

    /// <summary>Makes the policy of one verification, which never asks the network for anything.</summary>
    /// <param name="usage">The extended key usage that the certificate must allow.</param>
    /// <param name="time">The time for which it must be valid.</param>
    public X509ChainPolicy CreatePolicy(Oid usage, DateTimeOffset time)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            TrustMode = _certificates is null ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust,
            VerificationTime = time.UtcDateTime,
            VerificationTimeIgnored = false,
        };
        policy.ApplicationPolicy.Add(usage);
        if (_certificates is not null)
        {
            policy.CustomTrustStore.AddRange(_certificates);
        }

        return policy;
    }

    public bool IsSame(ILoadedCertificates other) => other.Thumbprint == Thumbprint;

    public override string ToString() => File;

    private static void Add(CertificateReader reader, byte[] content, X509Certificate2Collection roots, List<string> warnings)
    {
        var blocks = reader.ReadPem(content, "certificates of authorities");
        try
        {
            foreach (var certificate in reader.ReadCertificates(blocks))
            {
                if (roots.Any(root => IdentityChain.Same(root, certificate)))
                {
                    certificate.Dispose();
                    continue;
                }

                roots.Add(certificate);
                if (!IdentityChain.IsRoot(certificate))
                {
                    warnings.Add($"{CertificateNames.Print(certificate.SubjectName)} in {reader.Path} is not its own issuer: it is not trusted by itself, only a root is");
                }
            }

            if (blocks.Any(static block => PrivateKeyReader.IsKey(block.Label)))
            {
                warnings.Add($"there is a private key in {reader.Path}, which nothing needs there");
            }
        }
        finally
        {
            CertificateReader.Clear(blocks);
            CryptographicOperations.ZeroMemory(content);
        }
    }
}
