
namespace Linkerd.Tcp;

/// <summary>Turns a name into a stream of resolutions.</summary>
public interface IResolver
{
    /// <summary>
    /// Watches a name: yields the current state first, then every change, until cancelled. One enumeration is one watch.
    /// It never throws for a failure of the lookup: that is a <see cref="Resolution.Failed"/>, and the resolver goes on trying. A watch that throws all the same, or ends, is
    /// begun anew after a while, and the endpoints are kept meanwhile.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Ends the watch, which should be at once: a router that is disposed waits for it for 5 s and then leaves it behind.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled: how a watch ends.</exception>
    IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken);
}
