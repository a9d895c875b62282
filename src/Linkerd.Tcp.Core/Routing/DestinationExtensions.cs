using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Routing;

namespace Linkerd.Tcp;

/// <summary>Connects clients of the base library to destinations: streams, and the connections of <see cref="HttpClient"/>. Any thread.</summary>
public static class DestinationExtensions
{
    /// <summary>
    /// Connects as <see cref="Destination.ConnectAsync"/> does, and returns the connection as a stream, which owns it: it counts as load of its endpoint until the stream is disposed.
    /// </summary>
    /// <remarks>
    /// The end of the stream is the server's FIN, and every other end is an <see cref="IOException"/>. One reader and one writer at a time. Synchronous reads and writes block in the kernel and need no thread of the
    /// thread pool. A read or write that is cancelled aborts the connection. Disposing ends a pending read; what was written still arrives, followed by a FIN.
    /// </remarks>
    /// <param name="destination">The destination.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The stream. The caller disposes it.</returns>
    /// <exception cref="ConnectException">There is no connection; the message has the address of the last attempt, the number of attempts and the reason.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed, before or during the call, or the destination was evicted before.</exception>
    public static ValueTask<Stream> ConnectStreamAsync(this Destination destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return ConnectAsync(destination, cancellationToken);
    }

    /// <summary>
    /// Returns a <see cref="SocketsHttpHandler.ConnectCallback"/> that connects to a destination, whatever the address of the request. The handler does TLS over the connection if the
    /// request is for https, with the host of the request as the name of the server.
    /// </summary>
    /// <param name="destination">The destination.</param>
    public static Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> ToConnectCallback(this Destination destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return (_, cancellationToken) => ConnectAsync(destination, cancellationToken);
    }

    /// <summary>
    /// Returns a <see cref="SocketsHttpHandler.ConnectCallback"/> that connects to a name that depends on the request. The destination of a name is held by its connections, as by
    /// <see cref="DestinationRegistry.TryAcquire"/>, and evicted some time after the last one has ended.
    /// </summary>
    /// <param name="registry">The registry.</param>
    /// <param name="route">Gets the name; null if there is none, and the connection fails.</param>
    /// <remarks>A connection fails with a <see cref="ConnectException"/> if the route returns null (<see cref="RejectReason.NoRoute"/>) or the name is one more than
    /// <see cref="DestinationRegistryOptions.MaxClientNamed"/> (<see cref="RejectReason.DestinationsFull"/>).</remarks>
    public static Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> ToConnectCallback(
        this DestinationRegistry registry, Func<SocketsHttpConnectionContext, DstPath?> route)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(route);
        return (context, cancellationToken) => ConnectAsync(registry, route(context), context, cancellationToken);
    }

    private static async ValueTask<Stream> ConnectAsync(Destination destination, CancellationToken cancellationToken) =>
        (await destination.ConnectAsync(cancellationToken).ConfigureAwait(false)).AsStream();

    private static async ValueTask<Stream> ConnectAsync(DestinationRegistry registry, DstPath? name, SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (name is null)
        {
            throw ConnectException.Rejected($"No connection for {context.DnsEndPoint.Host}:{context.DnsEndPoint.Port}: the route gave no name", RejectReason.NoRoute);
        }

        if (!registry.TryAcquire(name, out var reference))
        {
            throw ConnectException.Rejected(
                $"No connection to {name}: the registry has {registry.Table.MaxClientNamed} names that clients chose, the most that its options allow ({nameof(DestinationRegistryOptions.MaxClientNamed)})",
                RejectReason.DestinationsFull);
        }

        // Until the connection holds the destination itself.
        using (reference)
        {
            return await ConnectAsync(reference.Destination, cancellationToken).ConfigureAwait(false);
        }
    }
}
