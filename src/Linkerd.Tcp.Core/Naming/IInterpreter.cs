namespace Linkerd.Tcp.Naming;

/// <summary>
/// The two steps of resolving a name, as linkerd 1.x has them: a name is bound to a tree of concrete ids, and each id has a set of addresses.
/// <see cref="InterpreterResolver"/> makes an <see cref="IResolver"/> of one. Any thread; one enumeration is one watch.
/// </summary>
/// <remarks>Finagle's <c>NameInterpreter</c>; <c>bind</c> and <c>addr</c> of namerd.</remarks>
public interface IInterpreter
{
    /// <summary>
    /// Watches what a name is bound to: the current state first, then every change, until cancelled. It never throws for a failure of the binding: that is a
    /// <see cref="NameBinding.Failed"/>, and the interpreter goes on trying.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled: how a watch ends.</exception>
    IAsyncEnumerable<NameBinding> BindAsync(DstPath name, CancellationToken cancellationToken);

    /// <summary>
    /// Watches the addresses behind the id of a leaf: the current state first, then every change. It never throws for a failure of the lookup, and may
    /// end where nothing can change any more.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IAsyncEnumerable<Resolution> ResolveIdAsync(DstPath id, CancellationToken cancellationToken);
}
