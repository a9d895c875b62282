using System.Net.Security;
using System.Security.Authentication;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.Providers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Security;

/// <summary>
/// Represents TLS with servers for code that runs <see cref="SslStream"/> itself, such as a client of HTTP: with the verification and the error messages of a proxy, and with files that are read again
/// when they change. Members may be called from any thread.
/// </summary>
public sealed partial class ServerTlsAuthenticator : IDisposable
{
    private readonly ServerTlsOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly PeerName[] _expected;
    private readonly CertificateWatch _certificates;

    /// <summary>Loads the files, on the thread of the caller, and watches them.</summary>
    /// <param name="options">The options, which are copied. Those of the end of a stream have no effect.</param>
    /// <param name="loggerFactory">The factory of the logger, of the category <c>Linkerd.Tcp.Security</c>. Default: nothing is logged.</param>
    /// <param name="timeProvider">The clock of the verification and of the watch. Default: the system's.</param>
    /// <exception cref="Primitives.InvalidOptionsException">An option is not valid, or a file cannot be used.</exception>
    public ServerTlsAuthenticator(ServerTlsOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        _options = OptionsValidator.Validated(Copy(options), static (options, validator) => Validate(options, validator));
        _timeProvider = timeProvider ?? TimeProvider.System;
        _expected = TlsText.ParseNames(_options.ExpectedNames);
        var logger = GuardedLogger.Create(loggerFactory ?? NullLoggerFactory.Instance, "Linkerd.Tcp.Security");
        _certificates = new CertificateWatch(TlsClientOptions.SourcesOf(_options, string.Empty), new CertificateServices(_timeProvider, logger));
        if (_options.SkipVerification)
        {
            Log.Unverified(logger);
        }
    }

    /// <summary>Copies options, for the options of a package that have them nested.</summary>
    public static ServerTlsOptions Copy(ServerTlsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Copy();
    }

    /// <summary>Validates options, for the options of a package that have them nested. There is no client and no destination, so they must not depend on one, and <see cref="SslStream"/> has no option that needs the OpenSSL provider.</summary>
    public static void Validate(ServerTlsOptions options, OptionsValidator validator)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(validator);
        options.Validate(validator, TlsProvider.SslStream);
        validator.Expect(options.ServerName is null || !options.ServerName.Contains('{', StringComparison.Ordinal), options.ServerName, "a name without placeholders", nameof(options.ServerName));
        validator.Expect(!options.UseClientApplicationProtocol, options.UseClientApplicationProtocol, "false", nameof(options.UseClientApplicationProtocol));
    }

    /// <summary>Creates the options of one handshake, with the certificates that are current now.</summary>
    /// <param name="host">The host of the server's address, which is the name to verify unless the options have one.</param>
    /// <param name="refused">Called with the reason, during the handshake, if the server's certificate is refused.</param>
    /// <exception cref="AuthenticationException">There is no name to verify, as the host is no host name.</exception>
    public SslClientAuthenticationOptions CreateOptions(string host, Action<string> refused)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(refused);
        var name = _options.ServerName ?? host;
        var names = _expected.Length > 0 || _options.SkipVerification ? _expected : PeerName.TryParse(name, out var parsed) ? [parsed]
            : throw new AuthenticationException($"there is no name to verify: '{name}' is no host name");
        var current = _certificates.Current;
        var refusal = new PeerRefusal();
        var created = TlsClientOptions.Create(_options, current, name, names, _timeProvider, refusal);
        created.ApplicationProtocols = TlsText.ProtocolsOf(_options.ApplicationProtocols);
        var verify = created.RemoteCertificateValidationCallback!;
        created.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
        {
            var isAccepted = verify(sender, certificate, chain, errors);
            if (!isAccepted && refusal.Verdict is { } verdict)
            {
                refused(verdict.Failure == PeerFailure.UnknownAuthority ? $"{verdict.Problem}; trusted: {current.Roots}" : verdict.Problem!);
            }

            return isAccepted;
        };
        return created;
    }

    /// <summary>Loads the certificates, keys and roots of TLS again, whether the files have changed or not. Changed files are also loaded without it, within 2 s.</summary>
    /// <param name="cancellationToken">Cancels the wait. Loading continues.</param>
    /// <returns>The problems of files that cannot be used, each with its path; empty if there are none. What was loaded before stays in use, and each problem is logged.</returns>
    public Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken = default) => CertificateWatch.ReloadAsync([_certificates], cancellationToken);

    /// <summary>Ends the watch of the files. Options that were created can still be used.</summary>
    public void Dispose() => _certificates.Dispose();

    private static partial class Log
    {
        [LoggerMessage(6108, LogLevel.Warning, "certificates of servers are NOT VERIFIED, as the options say so (SkipVerification): anybody between can read and change everything", EventName = "ServersNotVerified")]
        public static partial void Unverified(ILogger logger);
    }
}
