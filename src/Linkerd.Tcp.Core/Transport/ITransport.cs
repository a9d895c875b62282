using System.Net;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Transport;

/// <summary>
/// Represents an engine that listens, connects and moves bytes. All proxy logic uses this interface; the engines are the epoll engine (Linux),
/// the Sockets engine (every platform) and, in tests, a simulation in virtual time. Disposing it ends its threads, if it has any, and every
/// connection on them.
/// </summary>
/// <remarks>Members may be called from any thread.</remarks>
public interface ITransport : IAsyncDisposable
{
    /// <summary>Gets the engine's name in logs: <c>epoll</c>, <c>sockets</c>.</summary>
    string Name { get; }

    /// <summary>Gets the event loops, in their order, as they are now; empty, the default, if the engine has none.</summary>
    IReadOnlyList<LoopSnapshot> Loops => [];

    /// <summary>
    /// Gets the executor for work that belongs to no connection: <see cref="Destination.ConnectAsync"/>, and the answers of resolvers. Null, the default: the thread pool. For a transport whose clock is
    /// virtual, so that such work does not run beside it.
    /// </summary>
    TransportExecutor? Executor => null;

    /// <summary>Binds and listens. Nothing is accepted before <see cref="ITransportListener.Start"/>.</summary>
    /// <param name="options">The address, and how connections are set up; copied.</param>
    /// <param name="cancellationToken">Cancels binding.</param>
    /// <returns>The listener, which belongs to the caller.</returns>
    /// <exception cref="TransportException">The address is in use, not permitted or not local; the message contains the reason.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    /// <exception cref="ObjectDisposedException">The transport was disposed.</exception>
    ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Connects. Completes on <see cref="TransportConnectOptions.Executor"/> if that is given and is a loop of the engine;
    /// otherwise anywhere, so a caller that depends on it continues with <see cref="TransportExecutor.Post"/>.
    /// </summary>
    /// <param name="to">An address; an <see cref="IPEndPoint"/> or a <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>.</param>
    /// <param name="options">The deadline, and the settings of the connection; neither copied nor validated, as there are some for each connection.</param>
    /// <param name="cancellationToken">Cancels the attempt: the result is then <see cref="ConnectFailure.Cancelled"/>, as it is once the transport was disposed.</param>
    /// <returns>
    /// The connection, or the reason of the failure. A failed connect is no exception: it is an everyday event. An end point of another kind is <see cref="ConnectFailure.Other"/>, and
    /// <see cref="ConnectResult.Detail"/> contains the kinds that are expected.
    /// </returns>
    ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options = default, CancellationToken cancellationToken = default);
}
