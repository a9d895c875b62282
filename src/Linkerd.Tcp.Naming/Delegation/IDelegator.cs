namespace Linkerd.Tcp.Naming;

/// <summary>Explains the binding of a name, step by step. Any thread.</summary>
/// <remarks>linkerd's <c>Delegator</c>; <c>delegate</c> of namerd.</remarks>
public interface IDelegator
{
    /// <summary>
    /// Follows a name through every entry of the dtab that matches, used or not. It does not throw for a failure: that is a <see cref="DelegateTree.Failed"/>
    /// at its place in the tree, or at the root if nothing else is known.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Cancels the delegation.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<DelegateTree> DelegateAsync(DstPath name, CancellationToken cancellationToken = default);
}
