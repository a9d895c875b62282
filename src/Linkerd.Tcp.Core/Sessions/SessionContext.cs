using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Hello;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Represents one client connection: its client, its listener, and its destination. Filled while the session goes through its phases; the addresses do not change
/// once it has a name. It may be read from any thread.
/// </summary>
public sealed class SessionContext : IClientContext
{
    private static long LastId;

    private readonly SessionAcceptor _acceptor;

    internal SessionContext(SessionAcceptor acceptor, TransportConnection connection)
    {
        _acceptor = acceptor;
        Connection = connection;
        Id = Interlocked.Increment(ref LastId);
        StartedAt = acceptor.Services.TimeProvider.GetTimestamp();
    }

    /// <summary>Gets the number of the session: unique in the process, and higher than that of any session before it.</summary>
    public long Id { get; }

    /// <summary>Gets when the connection was accepted, by the proxy's clock.</summary>
    internal DateTimeOffset Start => _acceptor.Services.TimeProvider is var clock ? clock.GetUtcNow() - clock.GetElapsedTime(StartedAt) : default;

    /// <summary>Gets the address of the listener, with the port that was chosen for port 0.</summary>
    public EndPoint Listener => _acceptor.LocalEndPoint;

    /// <summary>Gets the key of the listener (<see cref="ListenerOptions.Key"/>); null if it has none.</summary>
    public string? ListenerKey => _acceptor.Key;

    /// <summary>Gets the remote address of the socket: the client, or a proxy before it. Null if the engine has none, as for an unnamed Unix-domain socket.</summary>
    public EndPoint? Peer => Connection.RemoteEndPoint;

    /// <summary>
    /// Gets the effective address of the client: the one that a proxy before this one has named, otherwise <see cref="Peer"/>. Limits, hashing, logs and records use it.
    /// </summary>
    public EndPoint? Client => ProxyHeader?.Source ?? Peer;

    /// <summary>Gets the address that the client connected to: the one that a proxy before this one has named, otherwise the local address of the socket.</summary>
    public EndPoint? Local => ProxyHeader?.Destination ?? Connection.LocalEndPoint;

    /// <summary>Gets the PROXY header with which the connection began; null if there was none, or it was not looked for (<see cref="ListenerOptions.AcceptProxy"/>).</summary>
    public ProxyHeader? ProxyHeader { get; internal set; }

    /// <summary>
    /// Gets the server name that the client sent in its TLS handshake (SNI, RFC 6066, section 3), in lower case, or else the one that a proxy before this one has named (<see cref="ProxyHeader.Authority"/>);
    /// null if there is none. It is read if the listener ends TLS (<see cref="ListenerOptions.Tls"/>) or has rules (<see cref="ListenerOptions.ServerNameRules"/>).
    /// </summary>
    public string? ServerName { get; internal set; }

    /// <summary>
    /// Gets the application protocol (ALPN, RFC 7301) that was negotiated with the client, or else the one that a proxy before this one has named (<see cref="ProxyHeader.Alpn"/>); null if there is none.
    /// If the client's TLS goes on to the server, the server chooses it, and it is not known here.
    /// </summary>
    public string? ApplicationProtocol { get; internal set; }

    /// <summary>Gets the TLS of the client's connection; null if it has none, or if it goes on to the server.</summary>
    public TlsDetails? ClientTls { get; internal set; }

    /// <summary>Gets the name that the session was routed to; null before it is routed.</summary>
    public DstPath? Name => Destination?.Name;

    ReadOnlyMemory<byte> IClientContext.UniqueId => ProxyHeader?.UniqueId ?? default;

    bool IClientContext.HasAskedForTls => Greeting is { HasAskedForTls: true };

    bool IClientContext.HasOwnTls => Greeting?.Hello is not null;

    /// <summary>The connection to the client; a prelude may put a layer over it in its place.</summary>
    internal TransportConnection Connection { get; set; }

    /// <summary>The beginning of the client; null if it was not looked at, or says nothing.</summary>
    internal ClientGreeting? Greeting { get; set; }

    internal SessionAcceptor Acceptor => _acceptor;

    internal long StartedAt { get; }

    internal Destination? Destination { get; set; }
}
