using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Hosting;

/// <summary>Checks configurations, without running them.</summary>
public static class ConfigurationCheck
{
    /// <summary>Checks all values of a configuration, alone and together.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="table">The table of options, with the kinds of interpreters.</param>
    /// <exception cref="InvalidOptionsException">The configuration is not valid; the exception has all errors, by the keys of the configuration.</exception>
    public static void Validate(ProxyConfiguration configuration, ConfigurationTable table)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(table);
        OptionsValidator.Validated(configuration, (all, validator) => ConfigurationValidator.Validate(all, table, validator), nameof(configuration));
    }

    /// <summary>Loads the files of TLS of a valid configuration, and asks OpenSSL for its algorithms if it runs TLS, as <see cref="ProxyHost.StartAsync"/> does.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <exception cref="InvalidOptionsException">Files cannot be used, or OpenSSL does not have an algorithm; the exception has all errors, by the keys of the configuration.</exception>
    public static void ValidateFiles(ProxyConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        new CertificateCheck(configuration).Validate();
    }
}
