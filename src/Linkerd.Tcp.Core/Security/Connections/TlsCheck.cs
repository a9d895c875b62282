using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Security.Providers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Security;

/// <summary>Checks options of TLS as a proxy does when it starts: loads their files, and asks OpenSSL for their algorithms if it runs TLS. Nothing is kept. Any thread.</summary>
public static class TlsCheck
{
    private static readonly CertificateServices Services = new(TimeProvider.System, NullLogger.Instance);

    /// <summary>Finds the errors of options of a listener.</summary>
    /// <param name="options">The options.</param>
    /// <returns>All errors; empty if there are none. If a value is not valid, files are not loaded.</returns>
    public static IReadOnlyList<OptionsError> FindErrors(ListenerTlsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return FindErrors(
            options.Validate,
            () => new CertificateWatch(TlsAcceptor.SourcesOf(options, string.Empty, TlsProvider.Of(options.Provider).IsOpenSsl), Services).Dispose(),
            () => new CipherSettings(options.Groups, options.SignatureAlgorithms, options.CipherSuites, string.Empty).Check(),
            () => new TicketKeyRing(options.TicketLifetime, Services, options.TicketKeyFile, string.Empty).Dispose());
    }

    /// <summary>Finds the errors of options of a destination.</summary>
    /// <param name="options">The options.</param>
    /// <returns>All errors; empty if there are none. If a value is not valid, files are not loaded.</returns>
    public static IReadOnlyList<OptionsError> FindErrors(ServerTlsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return FindErrors(
            options.Validate,
            () => new CertificateWatch(TlsClientOptions.SourcesOf(options, string.Empty, TlsProvider.Of(options.Provider).IsOpenSsl), Services).Dispose(),
            () => new CipherSettings(options.Groups, options.SignatureAlgorithms, options.CipherSuites, string.Empty).Check());
    }

    private static List<OptionsError> FindErrors(Action<OptionsValidator> validate, params ReadOnlySpan<Action> checks)
    {
        var errors = new List<OptionsError>();
        Add(() =>
        {
            var validator = new OptionsValidator();
            validate(validator);
            validator.ThrowIfInvalid(null);
        });
        if (errors.Count == 0)
        {
            foreach (var check in checks)
            {
                Add(check);
            }
        }

        return errors;

        void Add(Action check)
        {
            try
            {
                check();
            }
            catch (InvalidOptionsException invalid)
            {
                errors.AddRange(invalid.Errors);
            }
            catch (OpenSslException refused)
            {
                errors.Add(new(string.Empty, refused.Message));
            }
        }
    }
}
