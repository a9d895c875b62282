using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Hosting.Running;

/// <summary>Represents the resolution of a router's names: the services of its interpreter, the targets under their names, and the memory of endpoints. Immutable; any thread.</summary>
internal sealed class RouterNaming : IAsyncDisposable
{
    private RouterNaming(NamingServices services, IResolver resolver, IReadOnlyList<NamedTarget> targets) => (Services, Resolver, Targets) = (services, resolver, targets);

    /// <summary>Gets the services of the interpreter.</summary>
    public NamingServices Services { get; }

    /// <summary>Gets the resolver of destinations.</summary>
    public IResolver Resolver { get; }

    /// <summary>Gets the targets.</summary>
    public IReadOnlyList<NamedTarget> Targets { get; }

    /// <summary>Creates the services of a router's interpreter. No query is made before a name is watched.</summary>
    /// <exception cref="NameBindingException">A target can never be bound.</exception>
    /// <exception cref="InvalidOptionsException">The configuration of the interpreter is not valid.</exception>
    public static RouterNaming Create(RouterConfiguration router, IReadOnlyList<NamedTarget> targets, ConfigurationTable table, ILoggerFactory loggerFactory, TimeProvider timeProvider)
    {
        var services = table.Interpreters.Get(router.Interpreter.Kind).Create(router.Interpreter, new NamingContext(targets, loggerFactory, timeProvider));
        return new RouterNaming(services, Remembering(services, router, targets, loggerFactory, timeProvider), targets);
    }

    /// <summary>Gets the name of a target.</summary>
    public DstPath NameOf(NameTree target) => Targets.First(named => named.Tree.Equals(target)).Name;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Services.DisposeAsync();

    internal static IResolver Remembering(NamingServices naming, RouterConfiguration router, IReadOnlyList<NamedTarget> targets, ILoggerFactory loggerFactory, TimeProvider timeProvider) =>
        router.StateDirectory is not { } directory ? naming.Resolver : new CachingResolver(naming.Resolver, new CachingResolverOptions
        {
            Directory = directory,
            Scope = $"{naming.Scope} {string.Join(' ', targets.Select(static target => target.Tree))}",
            TimeProvider = timeProvider,
            Logger = loggerFactory.CreateLogger("Linkerd.Tcp.Cache"),
        });
}
