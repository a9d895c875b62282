using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Transport.Epoll;

namespace Linkerd.Tcp.Security.Handshakes;

/// <summary>Represents the TLS of one connection, whatever provider it has.</summary>
internal interface ITlsSession
{
    /// <summary>Gets or sets the server name that the client sent; null if there is none. Before the connection is handed out.</summary>
    string? ServerName { get; set; }

    /// <summary>Gets or sets a value that indicates whether the client has asked for TLS by an SSLRequest of PostgreSQL. Before the connection is handed out.</summary>
    bool HasAskedForTls { get; set; }

    /// <summary>Gets the result of the handshake.</summary>
    TlsDetails Details { get; }

    /// <summary>Gets or sets the metrics of the side that it is on; null: none. Before the first receive.</summary>
    TlsInstruments? Instruments { get; set; }

    /// <summary>Gets or sets the end of a stream that the peer cuts. Before the first receive.</summary>
    TlsTruncation Truncation { get; set; }

    /// <summary>Returns the TLS of a connection; null if it has none.</summary>
    static ITlsSession? Of(TransportConnection? connection) => connection as ITlsSession ?? (connection as EpollConnection)?.Layer as ITlsSession;
}
