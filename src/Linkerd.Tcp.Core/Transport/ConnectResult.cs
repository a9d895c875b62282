using System.Diagnostics.CodeAnalysis;

namespace Linkerd.Tcp.Transport;

/// <summary>Represents the result of one attempt to connect. Immutable; any thread.</summary>
public readonly struct ConnectResult
{
    private ConnectResult(TransportConnection? connection, ConnectFailure failure, string? detail)
    {
        Connection = connection;
        Failure = failure;
        Detail = detail;
    }

    /// <summary>Gets the connection; null if the attempt failed, for the reason in <see cref="Failure"/>. It belongs to the caller, who disposes it.</summary>
    public TransportConnection? Connection { get; }

    /// <summary>Gets the reason of the failure; <see cref="ConnectFailure.None"/> if there is a connection.</summary>
    public ConnectFailure Failure { get; }

    /// <summary>Gets the operating system's description of the failure; null if there is none.</summary>
    public string? Detail { get; }

    /// <summary>Gets a value that indicates whether there is a connection.</summary>
    [MemberNotNullWhen(true, nameof(Connection))]
    public bool IsConnected => Connection is not null;

    /// <summary>Creates the result of a successful attempt.</summary>
    public static ConnectResult Connected(TransportConnection connection) => new(connection, ConnectFailure.None, null);

    /// <summary>Creates the result of a failed attempt.</summary>
    public static ConnectResult Failed(ConnectFailure failure, string? detail = null) => new(null, failure, detail);
}
