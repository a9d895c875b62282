using Linkerd.Tcp;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Hosted;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds proxies and balanced destinations to a container.</summary>
public static class LinkerdTcpServiceCollectionExtensions
{
    /// <summary>
    /// Adds a proxy that runs while the host of the process runs, with the options of a section: those of a configuration file, with the same keys. When the section changes, the proxy takes the new options
    /// without losing a session; options that are not valid are logged, and those before them stay in force. The proxy is the keyed service <see cref="ProxyHost"/> of the name.
    /// </summary>
    /// <remarks>
    /// A section that is not valid is an <see cref="OptionsValidationException"/> when the host starts, with every error and its key. When the host stops, sessions have the grace period of the configuration
    /// to end, or what is left of the host's shutdown time if that is less.
    /// </remarks>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the proxy, which is also that of its options.</param>
    /// <param name="section">The section.</param>
    public static TcpHostingBuilder AddTcpProxy(this IServiceCollection services, string name, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var builder = AddProxy(services, name);
        services.AddSingleton<IOptionsChangeTokenSource<ProxyConfiguration>>(new ConfigurationChangeTokenSource<ProxyConfiguration>(name, section));
        services.AddSingleton<IConfigureOptions<ProxyConfiguration>>(container => new SectionOptions<ProxyConfiguration>(
            name, section, () => TableOf(container, HostedKeys.Proxy(name)).Root, all => ConfigurationCheck.Validate(all, TableOf(container, HostedKeys.Proxy(name))), container.Logger()));
        return builder;
    }

    /// <summary>Adds a proxy that runs while the host of the process runs, with options that are set by code. Several calls for one name configure one proxy.</summary>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the proxy, which is also that of its options.</param>
    /// <param name="configure">Sets the options.</param>
    public static TcpHostingBuilder AddTcpProxy(this IServiceCollection services, string name, Action<ProxyConfiguration> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = AddProxy(services, name);
        services.Configure(name, configure);
        return builder;
    }

    /// <summary>
    /// Adds a balanced destination without a listener: the keyed service <see cref="Destination"/> of the name, for <see cref="Destination.ConnectAsync"/>. Its options are those of a section, with the keys
    /// <c>dstName</c>, <c>interpreter</c>, <c>stateDir</c> and <c>client</c> of a configuration file. When the section changes, the destination takes the new options, and endpoints that stay keep their state.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the destination, which is also that of its options.</param>
    /// <param name="section">The section.</param>
    public static TcpHostingBuilder AddTcpDestination(this IServiceCollection services, string name, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var builder = AddDestination(services, name);
        services.AddSingleton<IOptionsChangeTokenSource<DestinationConfiguration>>(new ConfigurationChangeTokenSource<DestinationConfiguration>(name, section));
        services.AddSingleton<IConfigureOptions<DestinationConfiguration>>(container => new SectionOptions<DestinationConfiguration>(
            name,
            section,
            () => TableOf(container, HostedKeys.Destination(name)).Destination,
            all => HostedDestination.Validate(all, TableOf(container, HostedKeys.Destination(name))),
            container.Logger()));
        return builder;
    }

    /// <summary>Adds a balanced destination without a listener: the keyed service <see cref="Destination"/> of the name.</summary>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of the destination, which is also that of its options.</param>
    /// <param name="target">The target, as in a configuration file: an address such as <c>web:80</c>, a name such as <c>/svc/web</c>, or a tree of them such as <c>9 * web:80 &amp; 1 * canary:80</c>.</param>
    /// <param name="configure">Sets further options. Default: none.</param>
    /// <exception cref="InvalidValueException">The target is none of these.</exception>
    public static TcpHostingBuilder AddTcpDestination(this IServiceCollection services, string name, string target, Action<DestinationConfiguration>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        var tree = Linkerd.Tcp.Hosting.Values.TargetText.Parse(target);
        var builder = AddDestination(services, name);
        services.Configure<DestinationConfiguration>(name, destination =>
        {
            destination.DstName = tree;
            configure?.Invoke(destination);
        });
        return builder;
    }

    private static TcpHostingBuilder AddProxy(IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (TryBegin<TcpProxyService>(services, name))
        {
            services.AddKeyedSingleton(name, static (container, key) => new TcpProxyService((string)key!, container));
            services.AddKeyedSingleton(name, static (container, key) => container.GetRequiredKeyedService<TcpProxyService>(key).Proxy);
            services.AddSingleton<IHostedService>(container => container.GetRequiredKeyedService<TcpProxyService>(name));
            services.AddSingleton<IValidateOptions<ProxyConfiguration>>(container => new CheckedOptions<ProxyConfiguration>(name, all => ConfigurationCheck.Validate(all, TableOf(container, HostedKeys.Proxy(name)))));
        }

        return new(name, HostedKeys.Proxy(name), services, static builder => builder.Services.PostConfigure<ProxyConfiguration>(builder.Name, static proxy =>
        {
            foreach (var router in (proxy.Routers ?? []).Where(static router => router is not null))
            {
                router.Interpreter = ResolverKind.InPlaceOf(router.Interpreter);
            }
        }));
    }

    private static TcpHostingBuilder AddDestination(IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (TryBegin<HostedDestination>(services, name))
        {
            services.AddKeyedSingleton(name, static (container, key) => new HostedDestination((string)key!, container));
            services.AddKeyedSingleton(name, static (container, key) => container.GetRequiredKeyedService<HostedDestination>(key).Destination);
            services.AddSingleton<IHostedService>(container => new HostedDestinationStart(name, container));
            services.AddSingleton<IValidateOptions<DestinationConfiguration>>(container => new CheckedOptions<DestinationConfiguration>(name, all => HostedDestination.Validate(all, TableOf(container, HostedKeys.Destination(name)))));
        }

        return new(name, HostedKeys.Destination(name), services, static builder =>
            builder.Services.PostConfigure<DestinationConfiguration>(builder.Name, static destination => destination.Interpreter = ResolverKind.InPlaceOf(destination.Interpreter)));
    }

    // False if there is one of this name already, which another call configures.
    private static bool TryBegin<T>(IServiceCollection services, string name)
    {
        services.AddOptions();
        services.TryAddSingleton<HostedTables>();
        return !services.Any(service => service.ServiceType == typeof(T) && Equals(service.ServiceKey, name));
    }

    private static ConfigurationTable TableOf(IServiceProvider container, string key) => container.GetRequiredService<HostedTables>().Get(key);
}
