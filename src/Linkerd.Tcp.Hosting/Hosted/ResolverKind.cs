using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting.Hosted;

/// <summary>The kind of a resolver of the container, in place of an interpreter.</summary>
internal static class ResolverKind
{
    public const string Name = "resolver";

    /// <param name="resolver">The resolver, which the container disposes.</param>
    public static InterpreterKind Of(IResolver resolver) => new InterpreterKind<ResolverConfiguration>(
        Name, "A resolver of the container", [], static () => new ResolverConfiguration(), (_, context) => Create(new SharedResolver(resolver), resolver.GetType(), context));

    /// <summary>Returns the configuration in place of that of an interpreter that was left as it is by default.</summary>
    public static InterpreterConfiguration InPlaceOf(InterpreterConfiguration interpreter) =>
        interpreter is LocalInterpreterConfiguration { Dtab: null, Namers.Count: 0 } ? new ResolverConfiguration() : interpreter;

    private static NamingServices Create(SharedResolver resolver, Type type, NamingContext context) =>
        context.Targets.FirstOrDefault(static target => !target.IsName) is { } tree
            ? throw new NameBindingException(tree.Name, $"a resolver takes names; expected a name such as /svc/web as the target, and not the tree {tree.Tree}")
            : new NamingServices(resolver) { ClearOnNegative = true, Scope = $"resolver {type.FullName}" };

    private sealed class ResolverConfiguration : InterpreterConfiguration
    {
        public override string Kind => Name;
    }

    // Not disposable, as the services of names dispose their resolver.
    private sealed class SharedResolver(IResolver resolver) : IResolver
    {
        public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken = default) => resolver.WatchAsync(name, cancellationToken);
    }
}
