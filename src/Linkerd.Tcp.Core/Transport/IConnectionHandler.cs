namespace Linkerd.Tcp.Transport;

/// <summary>Receives the connections that a listener accepts.</summary>
public interface IConnectionHandler
{
    /// <summary>
    /// Called when a connection was accepted. It belongs to the handler from then on, and so does its place in the <see cref="ConnectionLimit"/>, which the
    /// handler releases when the connection has ended. Called on the connection's executor; must not block, and should not throw: if it throws, the engine
    /// takes the connection back, resets it, releases its place and logs that (5010), so a handler throws only before it has done any of these itself.
    /// </summary>
    void OnAccepted(TransportConnection connection);

    /// <summary>Called when accepting failed; it is tried again after a while, whatever this method throws. Any thread.</summary>
    /// <param name="error">The operating system's error.</param>
    /// <param name="retryAfter">The time that the listener waits before it tries again.</param>
    void OnAcceptFailed(TransportException error, TimeSpan retryAfter);
}
