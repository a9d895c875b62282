using System.Net;

namespace Linkerd.Tcp.Balancing;

/// <summary>Describes a client to rooms that do not depend on sessions: picks hash its address, and dialing passes it on to servers.</summary>
internal interface IClientContext
{
    /// <summary>The number of the session; unique in the process.</summary>
    long Id { get; }

    /// <summary>The effective address of the client; null if there is none. An engine may create it when it is read.</summary>
    EndPoint? Client { get; }

    /// <summary>The address that the client connected to; null if there is none.</summary>
    EndPoint? Local { get; }

    /// <summary>The server name that the client sent (SNI); null if there is none.</summary>
    string? ServerName { get; }

    /// <summary>The application protocol that was negotiated with the client (ALPN); null if there is none.</summary>
    string? ApplicationProtocol { get; }

    /// <summary>True if the client has asked for TLS by an SSLRequest of PostgreSQL, which was answered: a server has not had it.</summary>
    bool HasAskedForTls { get; }

    /// <summary>True if the bytes of the client are a TLS connection that goes on to the server.</summary>
    bool HasOwnTls { get; }

    /// <summary>The id that a proxy before this one has given to the connection; empty if it has none.</summary>
    ReadOnlyMemory<byte> UniqueId { get; }
}
