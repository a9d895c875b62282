using System.Net;

namespace Linkerd.Tcp;

/// <summary>
/// A bound listener. Disposing it stops accepting and closes the socket; connections that it handed out live on.
/// It backs off from EMFILE, ENFILE and their like (5 ms doubling to 1 s), reports them, and neither spins nor dies.
/// </summary>
public interface ITransportListener : IAsyncDisposable
{
    /// <summary>The address it is bound to, with the port that port 0 became.</summary>
    EndPoint LocalEndPoint { get; }

    /// <summary>Starts accepting. To be called once.</summary>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    void Start(IConnectionHandler handler);
}
