using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.OpenSsl;

namespace Linkerd.Tcp.Security.Connections;

/// <summary>Makes the options of a handshake with a server, for SslStream.</summary>
internal static class TlsClientOptions
{
    /// <summary>Gets the files of options.</summary>
    /// <param name="options">The options of the servers.</param>
    /// <param name="optionPath">The path of the options, with a dot, for errors.</param>
    /// <param name="isOpenSsl">True if OpenSSL runs handshakes.</param>
    public static CertificateSources SourcesOf(ServerTlsOptions options, string optionPath, bool isOpenSsl = false) => new()
    {
        IsOpenSsl = isOpenSsl,
        FindProblem = isOpenSsl ? OpenSslIdentity.FindProblem : static _ => null,
        FindListProblem = isOpenSsl ? OpenSslRevocationList.FindProblem : static _ => null,
        CrlFiles = options.CrlFiles,
        Identities = options.Certificate is { } certificate ? [certificate] : [],
        RootFiles = options.RootFiles,
        Purpose = IdentityPurpose.Client,
        OptionPath = optionPath,
    };

    /// <summary>Makes the options.</summary>
    /// <param name="options">The options of the servers.</param>
    /// <param name="current">The certificates.</param>
    /// <param name="name">The name in the handshake; null: none.</param>
    /// <param name="names">The names of which the server's certificate must have one; not empty, unless the options skip the verification.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="refusal">Keeps the verdict.</param>
    [SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "Only where the options say so.")]
    public static SslClientAuthenticationOptions Create(
        ServerTlsOptions options, CurrentCertificates current, string? name, IReadOnlyList<PeerName> names, TimeProvider timeProvider, PeerRefusal refusal)
    {
        var verifier = new PeerVerifier(current.Roots, IdentityPurpose.Server, names, timeProvider);
        return new SslClientAuthenticationOptions
        {
            // Without a name there is no server name in the handshake, nor is an address one (RFC 6066, section 3).
            TargetHost = name ?? string.Empty,
            EnabledSslProtocols = TlsText.VersionsFrom(options.MinimumVersion),
            ClientCertificateContext = current.Identities?.Default.Context,
            CertificateChainPolicy = verifier.CreatePolicy(),
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            AllowRenegotiation = false,
            RemoteCertificateValidationCallback = options.SkipVerification ? static (_, _, _, _) => true : (_, certificate, chain, _) => refusal.Judge(verifier, certificate, chain),
        };
    }
}
