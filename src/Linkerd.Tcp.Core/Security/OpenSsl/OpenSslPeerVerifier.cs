using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>
/// Verifies peers' certificates as <see cref="PeerVerifier"/> does, and at less cost: OpenSSL verifies the chain, and the names are read once. What is refused is verified again by
/// <see cref="PeerVerifier"/>, whose messages are the contract. Immutable; members may be called from any thread.
/// </summary>
/// <param name="current">The roots and revocation lists.</param>
/// <param name="purpose">The side of the handshake that the peer is on.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed unsafe class OpenSslPeerVerifier(CurrentCertificates current, IdentityPurpose purpose, TimeProvider timeProvider)
{
    // X509_V_ERR_...
    private const int NoList = 3;
    private const int ListExpired = 12;
    private const int Revoked = 23;
    private const int NameMismatch = 62;

    private readonly CertificateNameCache _names = new();

    /// <summary>Verifies the certificate of a handshake, in the callback of OpenSSL.</summary>
    /// <param name="verification">The X509_STORE_CTX, which gets the error that decides the alert.</param>
    /// <param name="names">The names of which the certificate must have one; empty: it may have any.</param>
    /// <returns>The verdict.</returns>
    public PeerVerdict Verify(nint verification, IReadOnlyList<PeerName> names)
    {
        try
        {
            var isValid = LibSsl.X509_verify_cert(verification) == 1;
            if (isValid && HasName(LibSsl.X509_STORE_CTX_get0_cert(verification), names))
            {
                return default;
            }

            if (isValid)
            {
                LibSsl.X509_STORE_CTX_set_error(verification, NameMismatch);
            }

            // The runtime uses the queue as well.
            LibSsl.ERR_clear_error();
            return Explain(verification, names);
        }
        finally
        {
            LibSsl.ERR_clear_error();
        }
    }

    private bool HasName(nint certificate, IReadOnlyList<PeerName> names)
    {
        if (names.Count == 0)
        {
            return true;
        }

        var own = _names.Of(certificate);
        foreach (var name in names)
        {
            if (name.Matches(own))
            {
                return true;
            }
        }

        return false;
    }

    private PeerVerdict Explain(nint verification, IReadOnlyList<PeerName> names)
    {
        X509Certificate2Collection others = [];
        try
        {
            using var own = X509CertificateLoader.LoadCertificate(OpenSslCertificates.Export(LibSsl.X509_STORE_CTX_get0_cert(verification)));
            var sent = LibSsl.X509_STORE_CTX_get0_untrusted(verification);
            for (var i = 0; i < LibSsl.OPENSSL_sk_num(sent); i++)
            {
                // The peer chooses the bytes: what the runtime does not read is no part of a chain for it.
                if (TryLoad(LibSsl.OPENSSL_sk_value(sent, i)) is { } other)
                {
                    others.Add(other);
                }
            }

            var verdict = new PeerVerifier(current.Roots, purpose, names, timeProvider).Verify(own, others);
            return verdict.IsAccepted ? new(PeerFailure.Invalid, Explain(verification, own)) : verdict;
        }
        finally
        {
            CertificateReader.Dispose(others);
        }
    }

    private string Explain(nint verification, X509Certificate2 own)
    {
        var error = LibSsl.X509_STORE_CTX_get_error(verification);
        if (error is not (NoList or ListExpired or Revoked) || TryLoad(LibCrypto.X509_STORE_CTX_get_current_cert(verification)) is not { } certificate)
        {
            return Marshal.PtrToStringUTF8((nint)LibSsl.X509_verify_cert_error_string(error))!;
        }

        using (certificate)
        {
            var subject = IdentityChain.Same(certificate, own) ? "its certificate" : $"the certificate of the issuer {CertificateNames.Print(certificate.SubjectName)}";
            var issuer = CertificateNames.Print(certificate.IssuerName);
            var list = current.Revocations?.Find(certificate.IssuerName);
            return error switch
            {
                Revoked => $"{subject} is revoked by the list of {issuer} in {list?.File}",
                ListExpired => $"it cannot be told whether {subject} is revoked: the list of {issuer} in {list?.File} expired on {list?.NextUpdate:yyyy-MM-dd HH:mm:ss}Z",
                _ => $"it cannot be told whether {subject} is revoked: there is no list of {issuer} in {current.Revocations}",
            };
        }
    }

    private static X509Certificate2? TryLoad(nint certificate)
    {
        try
        {
            return certificate == 0 ? null : X509CertificateLoader.LoadCertificate(OpenSslCertificates.Export(certificate));
        }
        catch (Exception e) when (e is CryptographicException or OpenSslException)
        {
            return null;
        }
    }
}
