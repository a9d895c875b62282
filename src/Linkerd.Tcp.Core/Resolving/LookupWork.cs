namespace Linkerd.Tcp.Resolving;

/// <summary>A call that blocks, for <see cref="LookupThreads"/>.</summary>
/// <param name="isRefresh">True if others come first.</param>
internal abstract class LookupWork(bool isRefresh)
{
    /// <summary>True if others come first. Changes only before it is started.</summary>
    public bool IsRefresh { get; set; } = isRefresh;

    /// <summary>Its place in the queue; null once it has been started. Belongs to <see cref="LookupThreads"/>.</summary>
    public LinkedListNode<LookupWork>? Node { get; set; }

    /// <summary>Does the work. Blocks, and does not throw.</summary>
    public abstract void Run();
}
