using System.Diagnostics.CodeAnalysis;

namespace Linkerd.Tcp;

/// <summary>What became of a session's wish for a server connection.</summary>
internal struct ConnectOutcome
{
    /// <summary>The connection; null where there is none.</summary>
    public TransportConnection? Connection { get; init; }

    /// <summary>The right to use the endpoint, as long as the connection lives. The session completes it.</summary>
    public EndpointLease Lease;

    /// <summary>Where there is no connection: who is to blame.</summary>
    public CloseReason Reason { get; init; }

    /// <summary>Where there is no connection: the words for the log.</summary>
    public string? Detail { get; init; }

    /// <summary>How many attempts to connect there were.</summary>
    public int Attempts { get; init; }

    /// <summary>At how many endpoints they failed, each counted once.</summary>
    public int Endpoints { get; init; }

    /// <summary>Whether the connection was made before it was needed; it may be replaced while the client has not spoken.</summary>
    public bool IsWarm { get; init; }

    [MemberNotNullWhen(true, nameof(Connection))]
    public readonly bool IsConnected => Connection is not null;
}
