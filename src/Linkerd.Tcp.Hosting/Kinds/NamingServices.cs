using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting;

/// <summary>Provides what resolves names, made of the configuration of an interpreter. Disposing it disposes the resolver.</summary>
/// <param name="resolver">Resolves names.</param>
public sealed class NamingServices(IResolver resolver) : IAsyncDisposable
{
    /// <summary>Gets what resolves names.</summary>
    public IResolver Resolver => resolver;

    /// <summary>Gets what resolves names in two steps; null if the kind has no such thing.</summary>
    public IInterpreter? Interpreter { get; init; }

    /// <summary>Gets what explains how names are bound; null if the kind has no such thing.</summary>
    public IDelegator? Delegator { get; init; }

    /// <summary>Gets a value that indicates whether the endpoints of a name that does not exist are dropped. Default: false, they are kept.</summary>
    public bool ClearOnNegative { get; init; }

    /// <summary>Gets what decides the meaning of names, besides who answers: endpoints that were remembered in another scope are not used.</summary>
    public required string Scope { get; init; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => resolver is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;
}
