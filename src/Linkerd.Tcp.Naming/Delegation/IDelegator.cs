namespace Linkerd.Tcp.Naming;

/// <summary>Explains how a name comes to be bound to what it is bound to. Any thread.</summary>
/// <remarks>linkerd's <c>Delegator</c>; <c>delegate</c> of namerd.</remarks>
public interface IDelegator
{
    /// <summary>
    /// Follows a name through every entry of the dtab that matches, used or not. It never throws for a failure: that is a <see cref="DelegateTree.Failed"/>
    /// where it happened, at the root where nothing can be said at all.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<DelegateTree> DelegateAsync(DstPath name, CancellationToken cancellationToken = default);
}
