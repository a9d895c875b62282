using System.Net;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Sessions;

/// <summary>Represents a session at its end, or at a moment while it runs: its addresses, result, bytes and times. Immutable.</summary>
public sealed class SessionRecord
{
    internal SessionRecord()
    {
    }

    /// <summary>Gets the client's side of the session: its addresses, listener, PROXY header, TLS and name. Of an ended session it does not change anymore.</summary>
    public SessionContext Session { get; internal init; } = null!;

    /// <summary>Gets the time at which the connection was accepted.</summary>
    public DateTimeOffset Start { get; internal init; }

    /// <summary>Gets the address of the endpoint that the session was connected to; null if there was none.</summary>
    public EndPoint? Server { get; internal init; }

    /// <summary>Gets a value that indicates whether the session has ended; false if it runs.</summary>
    public bool HasEnded { get; internal init; }

    /// <summary>Gets the TLS of the server connection; null if it has none, or the session was not connected.</summary>
    public TlsDetails? ServerTls { get; internal init; }

    /// <summary>Gets the side that ended the session, and the phase; <see cref="CloseReason.Normal"/> while it runs.</summary>
    public CloseReason Reason { get; internal init; }

    /// <summary>Gets the message with the reason for which there was no server connection; null if there was one, or if no reason is known.</summary>
    public string? Detail { get; internal init; }

    /// <summary>Gets the number of bytes received from the client, without those that preludes consumed.</summary>
    public long BytesFromClient { get; internal init; }

    /// <summary>Gets the number of bytes sent to the server.</summary>
    public long BytesToServer { get; internal init; }

    /// <summary>Gets the number of bytes received from the server.</summary>
    public long BytesFromServer { get; internal init; }

    /// <summary>Gets the number of bytes sent to the client.</summary>
    public long BytesToClient { get; internal init; }

    /// <summary>Gets the number of attempts to connect; also 0 if a connection was ready that had been made ahead.</summary>
    public int Attempts { get; internal init; }

    /// <summary>Gets the time from accept to the end of the preludes; zero if there are none.</summary>
    public TimeSpan Prelude { get; internal init; }

    /// <summary>Gets the time from the end of the preludes to a server connection, or to the failure to get one: waits and all attempts.</summary>
    public TimeSpan Establishing { get; internal init; }

    /// <summary>Gets the part of <see cref="Establishing"/> during which the session waited for a resolution or an endpoint.</summary>
    public TimeSpan Queued { get; internal init; }

    /// <summary>Gets the part of <see cref="Establishing"/> that the last attempt to connect took.</summary>
    public TimeSpan Connecting { get; internal init; }

    /// <summary>Gets the time from accept to the first bytes of the server; null if none came.</summary>
    public TimeSpan? FirstByte { get; internal init; }

    /// <summary>Gets the time from accept to the end of the session, or to now while it runs.</summary>
    public TimeSpan Duration { get; internal init; }
}
