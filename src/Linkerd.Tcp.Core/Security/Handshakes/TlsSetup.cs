using Linkerd.Tcp.Security.Hello;

namespace Linkerd.Tcp.Security.Handshakes;

/// <summary>Represents a provider with the options of one handshake.</summary>
internal abstract class TlsSetup
{
    /// <summary>Runs the handshake. On the connection's executor, in the first turn of the handshake.</summary>
    /// <param name="connection">The connection, which belongs to the result if there is one, and otherwise to the caller.</param>
    /// <param name="windowSize">The most that one receive of the result hands out, in bytes.</param>
    /// <param name="handshake">The place of the handshake, which gives each step its turn.</param>
    /// <param name="hello">The ClientHello, which is left to be received; null for the client's side.</param>
    /// <param name="cancellationToken">Gives up. The caller aborts the connection at the same time, as nothing else ends an operation of it.</param>
    public abstract ValueTask<TlsResult> RunAsync(TransportConnection connection, int windowSize, HandshakeLane.Handshake handshake, ClientHelloResult? hello, CancellationToken cancellationToken);
}
