namespace Linkerd.Tcp.Transport;

/// <summary>Who receives the connections that a listener accepts.</summary>
public interface IConnectionHandler
{
    /// <summary>
    /// A connection was accepted; it belongs to the handler now, and so does its place in the <see cref="ConnectionLimit"/>, which the
    /// handler releases when the connection has ended. Called on the connection's executor; must not block, and should not throw: of one that throws the engine
    /// takes the connection back, resets it, releases its place and logs that (5010), so a handler throws only before it has done anything of that itself.
    /// </summary>
    void OnAccepted(TransportConnection connection);

    /// <summary>Accepting failed, and is tried again after a while, whatever this throws. Any thread.</summary>
    /// <param name="error">The operating system's error.</param>
    /// <param name="retryAfter">How long the listener waits now.</param>
    void OnAcceptFailed(TransportException error, TimeSpan retryAfter);
}
