using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting;

/// <summary>Provides the services that resolve names, created from the configuration of an interpreter. Disposing it disposes the resolver. Any thread.</summary>
/// <param name="resolver">Resolves names.</param>
public sealed class NamingServices(IResolver resolver) : IAsyncDisposable
{
    /// <summary>Gets the resolver of names.</summary>
    public IResolver Resolver => resolver;

    /// <summary>Gets the interpreter that resolves names in two steps; null if the kind has none.</summary>
    public IInterpreter? Interpreter { get; init; }

    /// <summary>Gets the delegator that explains how names are bound; null if the kind has none.</summary>
    public IDelegator? Delegator { get; init; }

    /// <summary>Gets a function that returns the state of each server that resolves names; null if the kind has no servers.</summary>
    public Func<IReadOnlyList<NamingServerSnapshot>>? Servers { get; init; }

    /// <summary>Gets a value that indicates whether the endpoints of a name that does not exist are dropped. Default: false, they are kept.</summary>
    public bool ClearOnNegative { get; init; }

    /// <summary>Gets the scope that decides the meaning of names, whichever server answers: endpoints that were remembered in another scope are not used.</summary>
    public required string Scope { get; init; }

    /// <summary>Gets a function that loads the certificates, keys and roots of the connections to a control plane again, and returns the problems of files that cannot be used; null if there are none.</summary>
    public Func<CancellationToken, Task<IReadOnlyList<string>>>? ReloadCertificates { get; init; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => resolver is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;
}
