namespace Linkerd.Tcp;

/// <summary>Resolves a name to a stream of resolutions. Members may be called from any thread.</summary>
public interface IResolver
{
    /// <summary>
    /// Watches a name: yields the current state first, then every change, until cancelled. One enumeration is one watch.
    /// A failed lookup is a <see cref="Resolution.Failed"/>, not an exception, and the resolver goes on trying. A watch that throws all the same, or ends, is
    /// begun again after a back-off, and the endpoints are kept meanwhile.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Ends the watch, which should happen at once: a registry that is disposed waits for it for 5 s and then leaves it behind.</param>
    /// <returns>The states of the name, without an end.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled, which is the normal end of a watch.</exception>
    IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken = default);
}
