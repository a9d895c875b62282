using System.Globalization;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>Collects the errors of options that need the OpenSSL provider if it does not run TLS, and of the choice of the provider.</summary>
/// <param name="table">The table of options.</param>
/// <param name="validator">Collects the errors.</param>
/// <param name="findProblem">Gets the reason why OpenSSL does not run TLS, without a full stop; null if it does. Called if an option needs it.</param>
internal sealed class TlsProviderValidator(ConfigurationTable table, OptionsValidator validator, Func<string?> findProblem)
{
    /// <summary>Adds the errors of a configuration.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="table">The table of options.</param>
    /// <param name="validator">Collects the errors.</param>
    /// <param name="findLibraryProblem">Gets the reason why libssl cannot be used; null if it can.</param>
    public static void Validate(ProxyConfiguration configuration, ConfigurationTable table, OptionsValidator validator, Func<string?> findLibraryProblem)
    {
        var own = new TlsProviderValidator(table, validator, FindProblem);
        if (configuration.TlsProvider != TlsProviderKind.OpenSsl)
        {
            own.Validate(configuration);
        }
        else if (FindProblem() is { } problem)
        {
            validator.Add($"auto or dotnet was expected, not openssl: {problem}.", "tlsProvider");
        }

        string? FindProblem() => configuration.TlsProvider == TlsProviderKind.DotNet ? "tlsProvider is dotnet"
            : configuration.Transport == TransportEngine.Sockets ? "it is for the epoll transport, and transport is sockets"
            : findLibraryProblem() is { } problem ? $"libssl cannot be used: {problem}"
            : null;
    }

    /// <summary>Adds the errors of settings of connections to endpoints.</summary>
    /// <param name="client">The settings; null for none.</param>
    /// <param name="path">The path of the settings, with a dot.</param>
    public void Validate(ClientConfiguration? client, string path)
    {
        ValidatePart(client?.Global, path);
        for (var i = 0; i < client?.Configs?.Count; i++)
        {
            ValidatePart(client.Configs[i], string.Create(CultureInfo.InvariantCulture, $"{path}configs[{i}]."));
        }
    }

    private void Validate(ProxyConfiguration configuration)
    {
        for (var i = 0; i < configuration.Routers?.Count; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"routers[{i}].");
            for (var j = 0; j < configuration.Routers[i]?.Servers?.Count; j++)
            {
                ValidateServer(configuration.Routers[i].Servers[j]?.Tls, string.Create(CultureInfo.InvariantCulture, $"{path}servers[{j}].tls."));
            }

            Validate(configuration.Routers[i]?.Client, $"{path}client.");
        }
    }

    private void ValidateServer(ServerTlsConfiguration? tls, string path)
    {
        ValidatePart(tls, path);
        ValidatePart(tls?.DefaultIdentity, $"{path}defaultIdentity.");
        foreach (var (name, identity) in tls?.Identities ?? new Dictionary<string, IdentityConfiguration>())
        {
            ValidatePart(identity, $"{path}identities.{name}.");
        }
    }

    private void ValidatePart<T>(T? part, string path)
        where T : class, new()
    {
        if (part is null)
        {
            return;
        }

        foreach (var option in table.Of(typeof(T)).Where(static option => option.NeedsOpenSsl))
        {
            if (option.Print(part) is { } text and not "off" && text != option.Print(new T()) && findProblem() is { } problem)
            {
                validator.Add($"the OpenSSL provider is needed, and does not run TLS here: {problem}.", path + option.Key);
            }
        }
    }
}
