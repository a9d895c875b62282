using System.Net.Security;
using System.Security.Authentication;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>
/// TLS to the namerds of a resolver. It is done here rather than by the HTTP stack, whose errors do not describe the problem of a certificate, and which has one set of certificates for all time.
/// </summary>
internal sealed class NamerdTls : IDisposable
{
    private readonly ServerTlsAuthenticator _authenticator;

    private NamerdTls(ServerTlsAuthenticator authenticator) => _authenticator = authenticator;

    /// <summary>Loads the files of options, if one of some addresses needs them.</summary>
    /// <param name="options">The options.</param>
    /// <param name="isUsed">True if there is an address of TLS.</param>
    /// <param name="loggerFactory">The factory of loggers.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <returns>Null if there is no address of TLS.</returns>
    /// <exception cref="InvalidOptionsException">A file cannot be used.</exception>
    public static NamerdTls? Create(ServerTlsOptions options, bool isUsed, ILoggerFactory loggerFactory, TimeProvider timeProvider)
    {
        try
        {
            return isUsed ? new NamerdTls(new ServerTlsAuthenticator(options, loggerFactory, timeProvider)) : null;
        }
        catch (InvalidOptionsException invalid)
        {
            var validator = new OptionsValidator();
            foreach (var error in invalid.Errors)
            {
                validator.Add(error.Message, $"Tls.{error.Path}");
            }

            validator.ThrowIfInvalid(nameof(options));
            throw;
        }
    }

    /// <summary>Authenticates a connection with TLS, with the certificates that are current now.</summary>
    /// <param name="stream">The connection; it is closed if this fails.</param>
    /// <param name="target">The namerd.</param>
    /// <param name="cancellationToken">Ends the handshake.</param>
    /// <exception cref="NamerdException">namerd's certificate is not good, or the handshake failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<SslStream> AuthenticateAsync(Stream stream, TlsTarget target, CancellationToken cancellationToken)
    {
        string? problem = null;
        var (wantsCertificate, hasCertificate) = (false, false);
        var tls = new SslStream(stream);
        try
        {
            var options = _authenticator.CreateOptions(target.Host, reason => problem = reason);
            hasCertificate = options.ClientCertificateContext is not null;
            if (target.Protocol is { } protocol)
            {
                options.ApplicationProtocols = [protocol];
            }

            if (!hasCertificate)
            {
                options.LocalCertificateSelectionCallback = (_, _, _, remote, _) =>
                {
                    // Also for a certificate request before anything is known of the other side.
                    wantsCertificate |= remote is not null;
                    return null!;
                };
            }

            await tls.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
            target.WantsCertificate(wantsCertificate || tls.LocalCertificate is not null);
            return tls;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw new NamerdException(
                $"no TLS connection to namerd at {target.Text} can be made: {(problem is null ? DescribeHandshake(exception, hasCertificate) : $"its certificate is refused: {problem}")}",
                NamerdException.Reason.Unusable);
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Loads the files again.</summary>
    /// <returns>The problems of files that cannot be used.</returns>
    public Task<IReadOnlyList<string>> ReloadAsync(CancellationToken cancellationToken) => _authenticator.ReloadCertificatesAsync(cancellationToken);

    /// <summary>Ends the watch of the files.</summary>
    public void Dispose() => _authenticator.Dispose();

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

    private static IEnumerable<string> Texts(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            yield return exception.Message;
        }
    }
}
