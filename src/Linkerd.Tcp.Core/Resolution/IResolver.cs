
namespace Linkerd.Tcp;

/// <summary>Turns a name into a stream of resolutions.</summary>
public interface IResolver
{
    /// <summary>
    /// Watches a name: yields the current state first, then every change, until cancelled. One enumeration is one watch.
    /// It never throws for a failure of the lookup: that is a <see cref="Resolution.Failed"/>, and the resolver goes on trying.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled: how a watch ends.</exception>
    IAsyncEnumerable<Resolution> ResolveAsync(DstPath name, CancellationToken cancellationToken);
}
