using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Represents the certificates of an identity in the order of their issuers. It does not own them.</summary>
internal sealed class IdentityChain
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";
    private const string AnyUsage = "2.5.29.37.0";
    private const int MinRsaBits = 2048;

    // MD2, MD5 and SHA-1 with RSA, and SHA-1 with DSA and ECDSA.
    private static readonly string[] WeakSignatures =
        ["1.2.840.113549.1.1.2", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10040.4.3", "1.2.840.10045.4.1"];

    private readonly List<X509Certificate2> _chain;
    private readonly List<X509Certificate2> _unused;

    private IdentityChain(List<X509Certificate2> chain, List<X509Certificate2> unused, bool isInOrder) => (_chain, _unused, IsInOrder) = (chain, unused, isInOrder);

    /// <summary>Gets whether the issuers were in order before.</summary>
    public bool IsInOrder { get; }

    private bool IsComplete => IsRoot(_chain[^1]);

    /// <summary>Gets the certificates to present after the identity's own: without the root, which peers that trust it have.</summary>
    public X509Certificate2Collection Intermediates => [.. _chain.Skip(1).Where(static certificate => !IsRoot(certificate))];

    /// <summary>Orders certificates: the identity's own, its issuer, the issuer of that, and so on as far as they are there.</summary>
    public static IdentityChain Order(X509Certificate2 own, X509Certificate2Collection others)
    {
        var chain = new List<X509Certificate2> { own };
        var left = new List<X509Certificate2>();
        foreach (var other in others)
        {
            // Twice the same is once too often, and harmless.
            if (!Same(other, own) && !left.Exists(before => Same(before, other)))
            {
                left.Add(other);
            }
        }

        var isInOrder = true;
        while (!IsRoot(chain[^1]) && left.FindIndex(candidate => IsIssuer(candidate, chain[^1])) is var issuer and >= 0)
        {
            isInOrder &= issuer == 0;
            chain.Add(left[issuer]);
            left.RemoveAt(issuer);
        }

        return new(chain, left, isInOrder);
    }

    /// <summary>Returns what is wrong with the certificates although they can be used.</summary>
    /// <param name="purpose">The side on which the identity is presented.</param>
    /// <param name="isOrdered">Whether the file has its certificates in the order in which they are presented, or in an order without a meaning.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<string> FindWarnings(IdentityPurpose purpose, bool isOrdered, DateTimeOffset now)
    {
        var warnings = new List<string>();
        var own = _chain[0];
        if (!isOrdered)
        {
            warnings.Add("its certificates are not in the order of their issuers; they are presented in order");
        }

        if (FindMissingIssuer() is { } missing)
        {
            warnings.Add(missing);
        }

        warnings.AddRange(_unused.Select(static unused => $"{Print(unused)} is not part of the chain, and is not presented"));
        warnings.AddRange(_chain.Skip(1).Where(issuer => issuer.NotAfter.ToUniversalTime() < now).Select(static issuer => $"the issuer {Print(issuer)} expired on {issuer.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z"));
        warnings.AddRange(_chain.Select(FindWeakness).OfType<string>());
        var (usage, name) = purpose == IdentityPurpose.Server ? (ServerUsage, "servers") : (ClientUsage, "clients");
        if (own.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } usages && !usages.EnhancedKeyUsages.Cast<Oid>().Any(allowed => allowed.Value == usage || allowed.Value == AnyUsage))
        {
            warnings.Add($"its extended key usage does not allow {name}: peers may refuse it");
        }

        if (purpose == IdentityPurpose.Server && CertificateNames.Of(own) is { Dns.IsEmpty: true, Addresses.IsEmpty: true, Uris.IsEmpty: true })
        {
            warnings.Add("it has no names in subjectAltName: clients do not accept the common name any more");
        }

        return warnings;
    }

    // A root that is missing is as it should be, and nothing tells a missing root from a missing intermediate but these: public authorities never issue from their root, and
    // name the place of the issuer's certificate; and issuers that are in the file without a way to them have a gap before them.
    private string? FindMissingIssuer()
    {
        var last = _chain[^1];
        var hasGap = _unused.Exists(static unused => unused.Extensions.OfType<X509BasicConstraintsExtension>().Any(static constraints => constraints.CertificateAuthority));
        return !IsComplete && (hasGap || (_chain.Count == 1 && last.Extensions.OfType<X509AuthorityInformationAccessExtension>().Any(static access => access.EnumerateCAIssuersUris().Any())))
            ? $"the certificate of its issuer {CertificateNames.Print(last.IssuerName)} is not in the file: peers that do not have it refuse the identity" : null;
    }

    private static string? FindWeakness(X509Certificate2 certificate)
    {
        using var rsa = certificate.PublicKey.Oid.Value == PrivateKeyReader.RsaAlgorithm ? certificate.GetRSAPublicKey() : null;
        return rsa is { KeySize: < MinRsaBits } ? FormattableString.Invariant($"{Print(certificate)} has an RSA key of {rsa.KeySize} bits: peers refuse fewer than {MinRsaBits}")
            : !IsRoot(certificate) && WeakSignatures.Contains(certificate.SignatureAlgorithm.Value) ? $"{Print(certificate)} is signed with {certificate.SignatureAlgorithm.FriendlyName}: peers refuse that"
            : null;
    }

    /// <summary>Returns whether a certificate is its own issuer.</summary>
    public static bool IsRoot(X509Certificate2 certificate) => IsIssuer(certificate, certificate);

    /// <summary>Returns whether two certificates are the same, byte by byte.</summary>
    public static bool Same(X509Certificate2 one, X509Certificate2 other) => one.RawDataMemory.Span.SequenceEqual(other.RawDataMemory.Span);

    // By name, and by the identifier of the key if both have it (RFC 5280, 4.2.1.1).
    private static bool IsIssuer(X509Certificate2 issuer, X509Certificate2 issued)
    {
        if (!issuer.SubjectName.RawData.AsSpan().SequenceEqual(issued.IssuerName.RawData))
        {
            return false;
        }

        var expected = issued.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
        var actual = issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes;
        return expected is null || actual is null || expected.Value.Span.SequenceEqual(actual.Value.Span);
    }

    private static string Print(X509Certificate2 certificate) => CertificateNames.Print(certificate.SubjectName);
}
