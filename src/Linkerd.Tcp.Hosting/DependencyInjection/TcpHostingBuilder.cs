using System.Diagnostics.CodeAnalysis;
using Linkerd.Tcp.Hosting.Hosted;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Linkerd.Tcp.Hosting;

/// <summary>Configures a proxy or a destination of a container, beyond its options. Each has its own kinds of interpreters and namers.</summary>
public sealed class TcpHostingBuilder
{
    private readonly string _key;
    private readonly Action<TcpHostingBuilder> _useResolver;

    internal TcpHostingBuilder(string name, string key, IServiceCollection services, Action<TcpHostingBuilder> useResolver) => (Name, _key, Services, _useResolver) = (name, key, services, useResolver);

    /// <summary>Gets the name of the proxy or the destination.</summary>
    public string Name { get; }

    /// <summary>Gets the services of the container.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Adds a kind of interpreters, which the configuration can name. A kind of the same name that was added before is kept.</summary>
    /// <param name="kind">The kind.</param>
    public TcpHostingBuilder AddInterpreter(InterpreterKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        Services.Configure<HostedKinds>(_key, kinds => kinds.Interpreters.Add(_ => kind));
        return this;
    }

    /// <summary>Adds a kind of namers, whose names a dtab of the embedded interpreter can use. A kind of the same name that was added before is kept.</summary>
    /// <param name="kind">The kind.</param>
    public TcpHostingBuilder AddNamer(NamerKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        Services.Configure<HostedKinds>(_key, kinds => kinds.Namers.Add(kind));
        return this;
    }

    /// <summary>Adds the namers that ask DNS: <c>/#/io.l5d.dns/host/port</c> and <c>/#/io.l5d.dnssrv/service</c>.</summary>
    public TcpHostingBuilder AddDns() => AddNamer(DnsKinds.Hosts).AddNamer(DnsKinds.Services);

    /// <summary>
    /// Adds a resolver of the container, which is registered as a singleton unless it is registered already. It is used in place of the embedded interpreter if the configuration has no interpreter, and
    /// if the configuration has the kind <c>resolver</c>. It takes names: the target must be a name, and not a tree of names.
    /// </summary>
    /// <typeparam name="T">The type of the resolver.</typeparam>
    public TcpHostingBuilder AddResolver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class, IResolver
    {
        Services.TryAddSingleton<T>();
        Services.Configure<HostedKinds>(_key, static kinds => kinds.Interpreters.Add(static services => ResolverKind.Of(services.GetRequiredService<T>())));
        _useResolver(this);
        return this;
    }
}
