using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>
/// TLS to a namerd. It is done here rather than by the HTTP stack, which supports no name but the host's, and whose errors do not describe the problem of
/// a certificate.
/// </summary>
internal static class NamerdTls
{
    /// <summary>Authenticates a connection with TLS.</summary>
    /// <param name="stream">The connection; it is closed if this fails.</param>
    /// <param name="target">The namerd.</param>
    /// <param name="options">The trusted roots, and the certificate that is sent.</param>
    /// <param name="cancellationToken">Ends the handshake.</param>
    /// <exception cref="NamerdException">namerd's certificate is not good, or the handshake failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async ValueTask<SslStream> AuthenticateAsync(Stream stream, TlsTarget target, NamerdTlsOptions options, CancellationToken cancellationToken)
    {
        var name = options.ServerName ?? target.Host;
        string? problem = null;
        var wantsCertificate = false;
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = name,
                    ApplicationProtocols = target.Protocol is { } protocol ? [protocol] : null,
                    ClientCertificateContext = options.ClientCertificate is { } certificate
                        ? SslStreamCertificateContext.Create(certificate, options.ClientIntermediates, offline: true) : null,
                    CertificateChainPolicy = Policy(options),
                    LocalCertificateSelectionCallback = options.ClientCertificate is not null ? null : (_, _, _, remote, _) =>
                    {
                        // Also for a certificate request before anything is known of the other side.
                        wantsCertificate |= remote is not null;
                        return null!;
                    },
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    {
                        problem = Describe(certificate as X509Certificate2, chain, errors, name, options);
                        return problem is null;
                    },
                },
                cancellationToken).ConfigureAwait(false);
            target.WantsCertificate(wantsCertificate || tls.LocalCertificate is not null);
            return tls;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw new NamerdException(
                $"no TLS connection to namerd at {target.Text} can be made: {problem ?? DescribeHandshake(exception, options.ClientCertificate is not null)}",
                NamerdException.Reason.Unusable);
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Describes the part of certificates in the end of a connection before any answer; null if they have none. In TLS 1.3 the other side checks ours when the handshake
    /// is over on this side, and some just close then.
    /// </summary>
    /// <param name="exception">The exception that ended it.</param>
    /// <param name="namerd">The namerd, for a log.</param>
    /// <param name="described">The description of the exception otherwise.</param>
    /// <param name="wantsCertificate">True if namerd had requested a certificate.</param>
    /// <param name="hasCertificate">True if there is one to be sent.</param>
    public static string? DescribeEnd(Exception exception, string namerd, string described, bool wantsCertificate, bool hasCertificate) =>
        DescribeAlert(exception, hasCertificate) is { } alert ? $"namerd at {namerd} ended the TLS connection: {alert}"
        : !wantsCertificate ? null
        : hasCertificate ? $"{described}; perhaps it did not accept our client certificate"
        : $"{described}; it wants a client certificate, and none is set";

    private static string? DescribeAlert(Exception exception, bool hasCertificate)
    {
        var texts = Texts(exception).ToList();
        var isAboutCertificate = texts.Exists(text => text.Contains("alert", StringComparison.OrdinalIgnoreCase) && (
            text.Contains("certificate", StringComparison.OrdinalIgnoreCase)
            || text.Contains("unknown ca", StringComparison.OrdinalIgnoreCase)
            || text.Contains("handshake failure", StringComparison.OrdinalIgnoreCase)));
        return !isAboutCertificate ? null
            : hasCertificate ? $"it did not accept our client certificate ({texts[^1]})"
            : $"it wants a client certificate, and none is set ({texts[^1]})";
    }

    private static string DescribeHandshake(Exception exception, bool hasCertificate) =>
        DescribeAlert(exception, hasCertificate)
        ?? (exception is AuthenticationException or IOException ? $"the handshake failed ({exception.GetBaseException().Message})" : exception.Message);

    private static X509ChainPolicy? Policy(NamerdTlsOptions options)
    {
        if (options.TrustedRoots is not { } roots)
        {
            return null;
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private static string? Describe(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors, string name, NamerdTlsOptions options)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) || certificate is null)
        {
            return "it showed no certificate";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            var status = chain?.ChainStatus.FirstOrDefault() ?? default;
            var roots = options.TrustedRoots is { } trusted
                ? $"the {trusted.Count} roots that are given: {string.Join(", ", trusted.Take(3).Select(root => root.Subject))}"
                : "the roots that the system trusts";
            return $"its certificate ({certificate.Subject}, issued by {certificate.Issuer}) does not lead to {roots} ({status.Status}: {status.StatusInformation.TrimEnd()})";
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? $"its certificate is for {string.Join(", ", NamesOf(certificate))}, and not for {name}"
            : null;
    }

    private static List<string> NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString()))).ToList();
        return names.Count > 0 ? names : [certificate.Subject];
    }

    private static IEnumerable<string> Texts(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            yield return exception.Message;
        }
    }
}
