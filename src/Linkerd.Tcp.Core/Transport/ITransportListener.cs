using System.Net;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Transport;

/// <summary>
/// A bound listener. Disposing it takes the clients that have connected already, and are in its backlog or in the middle of the handshake: at most as many as
/// the backlog holds, within <see cref="TransportListenOptions.Limit"/>, and it waits for them for at most 250 ms. All of them are handed out when disposing completes; the rest is reset.
/// Connections that it handed out live on. A listener that was never started, and one of an inherited <see cref="TransportListenOptions.Handle"/>, from which
/// another process may go on accepting, takes nobody when it is disposed.
/// It backs off from EMFILE, ENFILE and their like (5 ms doubling to 1 s), reports them, and neither spins nor dies.
/// </summary>
public interface ITransportListener : IAsyncDisposable
{
    /// <summary>The address it is bound to, with the port that port 0 became.</summary>
    EndPoint LocalEndPoint { get; }

    /// <summary>Starts accepting. To be called once.</summary>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    void Start(IConnectionHandler handler);

    /// <summary>Gets the reason for which it cannot take options while it is bound, in words; null if it can.</summary>
    /// <param name="options">The options. <see cref="TransportListenOptions.EndPoint"/>, <see cref="TransportListenOptions.Handle"/> and <see cref="TransportListenOptions.Limit"/> have no meaning here: they stay.</param>
    string? FindObstacle(TransportListenOptions options) => "listeners of this transport keep the options that they were made with";

    /// <summary>
    /// Takes new options while it runs: the backlog, and how connections are set up. Clients that are in the backlog already may keep the settings of before, and connections that it handed out do.
    /// </summary>
    /// <param name="options">The options, as for <see cref="FindObstacle"/>; copied.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    /// <exception cref="NotSupportedException">There is an obstacle.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    void Change(TransportListenOptions options) => throw new NotSupportedException(FindObstacle(options));
}
