using System.Diagnostics.CodeAnalysis;

namespace Linkerd.Tcp.Transport;

/// <summary>What became of one attempt to connect.</summary>
public readonly struct ConnectResult
{
    private ConnectResult(TransportConnection? connection, ConnectFailure failure, string? detail)
    {
        Connection = connection;
        Failure = failure;
        Detail = detail;
    }

    /// <summary>The connection, or null where <see cref="Failure"/> says why there is none. It belongs to the caller, who disposes it.</summary>
    public TransportConnection? Connection { get; }

    /// <summary><see cref="ConnectFailure.None"/> where there is a connection.</summary>
    public ConnectFailure Failure { get; }

    /// <summary>The operating system's words for the failure, where it has some.</summary>
    public string? Detail { get; }

    /// <summary>Whether there is a connection.</summary>
    [MemberNotNullWhen(true, nameof(Connection))]
    public bool IsConnected => Connection is not null;

    /// <summary>A success.</summary>
    public static ConnectResult Connected(TransportConnection connection) => new(connection, ConnectFailure.None, null);

    /// <summary>A failure.</summary>
    public static ConnectResult Failed(ConnectFailure failure, string? detail = null) => new(null, failure, detail);
}
