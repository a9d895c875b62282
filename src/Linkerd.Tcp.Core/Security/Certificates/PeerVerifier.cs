using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>The kinds of reasons for which a peer's certificate is refused; for metrics.</summary>
internal enum PeerFailure
{
    None,

    /// <summary>There is no certificate.</summary>
    Missing,

    /// <summary>A certificate of the chain has expired.</summary>
    Expired,

    /// <summary>A certificate of the chain is not valid yet.</summary>
    NotYetValid,

    /// <summary>No trusted root has issued it.</summary>
    UnknownAuthority,

    /// <summary>It has another name.</summary>
    WrongName,

    /// <summary>It may not be used on this side of a handshake.</summary>
    WrongUsage,

    /// <summary>Another rule of certificates is broken.</summary>
    Invalid,
}

/// <summary>Represents the outcome of a verification.</summary>
/// <param name="Failure">The kind of reason; <see cref="PeerFailure.None"/> if the certificate is accepted.</param>
/// <param name="Problem">The reason in words; null if the certificate is accepted.</param>
internal readonly record struct PeerVerdict(PeerFailure Failure, string? Problem)
{
    /// <summary>Gets the verdict on a peer without a certificate.</summary>
    public static PeerVerdict NoCertificate { get; } = new(PeerFailure.Missing, "it sent no certificate");

    public bool IsAccepted => Failure == PeerFailure.None;
}

/// <summary>Verifies peers' certificates: the chain to a trusted root, and a name of subjectAltName; the common name does not count (RFC 9525, 2). Immutable; members may be called from any thread.</summary>
/// <param name="roots">The trusted roots.</param>
/// <param name="purpose">The side of the handshake that the peer is on.</param>
/// <param name="names">The names of which the certificate must have one; empty: it may have any.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class PeerVerifier(TrustedRoots roots, IdentityPurpose purpose, IReadOnlyList<PeerName> names, TimeProvider timeProvider)
{
    private readonly Oid _usage = new(purpose == IdentityPurpose.Server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2");

    /// <summary>Makes the policy with which a chain is built; not shared with another handshake.</summary>
    public X509ChainPolicy CreatePolicy() => roots.CreatePolicy(_usage, timeProvider.GetUtcNow());

    /// <summary>Builds the chain of a certificate, and verifies it.</summary>
    /// <param name="certificate">The peer's certificate; null if it has sent none.</param>
    /// <param name="others">The further certificates that it has sent.</param>
    public PeerVerdict Verify(X509Certificate2? certificate, X509Certificate2Collection others)
    {
        if (certificate is null)
        {
            return Judge(null, null);
        }

        using var chain = new X509Chain { ChainPolicy = CreatePolicy() };
        chain.ChainPolicy.ExtraStore.AddRange(others);
        try
        {
            chain.Build(certificate);
            return Judge(certificate, chain);
        }
        catch (CryptographicException e)
        {
            // A key that OpenSSL cannot read, for example: it is the peer that chooses the bytes.
            return new(PeerFailure.Invalid, $"it cannot be verified: {CertificateNames.OneLine(e.Message)}");
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    /// <summary>Returns the verdict on a certificate whose chain was built with <see cref="CreatePolicy"/>, in a callback of <c>SslStream</c> for example.</summary>
    public PeerVerdict Judge(X509Certificate2? certificate, X509Chain? chain)
    {
        if (certificate is null)
        {
            return PeerVerdict.NoCertificate;
        }

        return chain is null ? new(PeerFailure.Invalid, "no chain could be built")
            : chain.ChainStatus.Length > 0 || chain.ChainElements.Count == 0 ? JudgeChain(certificate, chain)
            : names.Count == 0 ? default
            : JudgeName(certificate);
    }

    private PeerVerdict JudgeName(X509Certificate2 certificate)
    {
        var own = CertificateNames.Of(certificate);
        foreach (var name in names)
        {
            if (name.Matches(own))
            {
                return default;
            }
        }

        var expected = string.Join(" or ", names.Take(4)) + (names.Count > 4 ? FormattableString.Invariant($" or {names.Count - 4} more") : string.Empty);
        return new(PeerFailure.WrongName, own.ToString() is { Length: > 0 } given
            ? $"no name of the certificate matches {expected}: it is for {given}" + (own.Uris.Length > 1 ? " (a SPIFFE identity has one URI)" : string.Empty)
            : $"no name of the certificate matches {expected}: it has none ({CertificateNames.Print(certificate.SubjectName)} does not count)");
    }

    // The reason that an operator can act on first: a chain to no known root says more than the expiry of a certificate in it.
    private PeerVerdict JudgeChain(X509Certificate2 certificate, X509Chain chain)
    {
        var all = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (flags, status) => flags | status.Status);
        if ((all & X509ChainStatusFlags.NotSignatureValid) != 0)
        {
            return new(PeerFailure.Invalid, $"the signature of {Print(Find(chain, X509ChainStatusFlags.NotSignatureValid) ?? certificate)} is not valid");
        }

        if ((all & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
        {
            var last = chain.ChainElements is [.., var element] ? element.Certificate : certificate;
            var issuer = CertificateNames.Print(last.IssuerName);
            return new(PeerFailure.UnknownAuthority, IdentityChain.IsRoot(last)
                ? chain.ChainElements.Count <= 1 ? $"it is its own issuer, and not trusted: {issuer}" : $"issued by an unknown authority: {issuer}"
                : $"issued by an unknown authority, or a certificate between is missing: {issuer}, which issued {Print(last)}");
        }

        if ((all & X509ChainStatusFlags.NotTimeValid) != 0)
        {
            return JudgeTime(Find(chain, X509ChainStatusFlags.NotTimeValid) ?? certificate, certificate, chain.ChainPolicy.VerificationTime);
        }

        if ((all & X509ChainStatusFlags.NotValidForUsage) != 0)
        {
            return new(PeerFailure.WrongUsage, $"its usage does not allow {(purpose == IdentityPurpose.Server ? "servers" : "clients")}");
        }

        var other = chain.ChainStatus.FirstOrDefault();
        return new(PeerFailure.Invalid, CertificateNames.OneLine($"{other.Status}: {other.StatusInformation?.Trim()}"));
    }

    private static PeerVerdict JudgeTime(X509Certificate2 invalid, X509Certificate2 own, DateTime time)
    {
        var issuer = IdentityChain.Same(invalid, own) ? string.Empty : $" (the issuer {Print(invalid)})";
        var at = time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time;
        return at < invalid.NotBefore.ToUniversalTime()
            ? new(PeerFailure.NotYetValid, $"not valid before {invalid.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z{issuer}")
            : new(PeerFailure.Expired, $"expired on {invalid.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z{issuer}");
    }

    private static X509Certificate2? Find(X509Chain chain, X509ChainStatusFlags flag) =>
        chain.ChainElements.FirstOrDefault(element => element.ChainElementStatus.Any(status => (status.Status & flag) != 0))?.Certificate;

    private static string Print(X509Certificate2 certificate) => CertificateNames.Print(certificate.SubjectName);
}
