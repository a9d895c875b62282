namespace Linkerd.Tcp.Naming;

/// <summary>
/// Resolves names in the two steps of linkerd 1.x: a name is bound to a tree of concrete ids, and each id has a set of addresses.
/// <see cref="InterpreterResolver"/> makes it an <see cref="IResolver"/>. Members may be called from any thread; one enumeration is one watch.
/// </summary>
/// <remarks>Finagle's <c>NameInterpreter</c>; <c>bind</c> and <c>addr</c> of namerd.</remarks>
public interface IInterpreter
{
    /// <summary>
    /// Watches the binding of a name: yields the current state first, then every change, until cancelled. A failed binding is not an exception but a
    /// <see cref="NameBinding.Failed"/>, and the interpreter goes on trying.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled, which is the normal end of a watch.</exception>
    IAsyncEnumerable<NameBinding> BindAsync(DstPath name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Watches the addresses behind the id of a leaf: yields the current state first, then every change. A failed lookup is not an exception. The stream may
    /// end if nothing can change any more.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IAsyncEnumerable<Resolution> ResolveIdAsync(DstPath id, CancellationToken cancellationToken = default);
}
