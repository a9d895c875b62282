using System.Net;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Transport;

/// <summary>
/// Represents a bound listener. Disposing it accepts the clients that are already in its backlog or in the middle of the handshake: at most as many as
/// the backlog holds, within <see cref="TransportListenOptions.Limit"/>, and it waits for them for at most 250 ms. All of them are handed out when disposing completes; the rest is reset.
/// Connections that it handed out stay open. A listener that was never started, and one of an inherited <see cref="TransportListenOptions.Handle"/>, from which
/// another process may go on accepting, takes no client when it is disposed.
/// After EMFILE, ENFILE and similar errors it reports them and waits before it accepts again (5 ms doubling to 1 s). Members may be called from any thread.
/// </summary>
public interface ITransportListener : IAsyncDisposable
{
    /// <summary>Gets the address that the listener is bound to, with the port that was chosen for port 0.</summary>
    EndPoint LocalEndPoint { get; }

    /// <summary>Starts accepting. To be called once.</summary>
    /// <param name="handler">Receives the accepted connections.</param>
    /// <exception cref="InvalidOperationException">The listener was started before.</exception>
    void Start(IConnectionHandler handler);

    /// <summary>Gets the reason for which the listener cannot take options while it is bound; null if it can.</summary>
    /// <param name="options">The options. <see cref="TransportListenOptions.EndPoint"/>, <see cref="TransportListenOptions.Handle"/> and <see cref="TransportListenOptions.Limit"/> have no meaning here: they stay.</param>
    string? FindObstacle(TransportListenOptions options) => "listeners of this transport keep the options that they were made with";

    /// <summary>
    /// Applies new options while the listener runs: the backlog, and the settings of connections. Clients that are in the backlog already may keep the earlier
    /// settings, and connections that it handed out do.
    /// </summary>
    /// <param name="options">The options, as for <see cref="FindObstacle"/>; copied.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    /// <exception cref="NotSupportedException">The options cannot be applied to a bound listener (see <see cref="FindObstacle"/>).</exception>
    /// <exception cref="ObjectDisposedException">The listener was disposed.</exception>
    void Change(TransportListenOptions options) => throw new NotSupportedException(FindObstacle(options));
}
