using System.Net;

namespace Linkerd.Tcp.Sessions;

/// <summary>Everything that is known of a session at its end. Immutable.</summary>
public sealed class SessionRecord
{
    internal SessionRecord()
    {
    }

    /// <summary>Gets the client's side of the session: its addresses, listener, PROXY header and name. It does not change any more.</summary>
    public SessionContext Session { get; internal init; } = null!;

    /// <summary>Gets when the connection was accepted.</summary>
    public DateTimeOffset Start { get; internal init; }

    /// <summary>Gets the address of the endpoint that the session was connected to; null if it was not.</summary>
    public EndPoint? Server { get; internal init; }

    /// <summary>Gets who ended the session, and in which phase.</summary>
    public CloseReason Reason { get; internal init; }

    /// <summary>Gets why there was no server connection, in words; null if there was one, or there is nothing to say.</summary>
    public string? Detail { get; internal init; }

    /// <summary>Gets the bytes received from the client, without those that preludes consumed.</summary>
    public long BytesFromClient { get; internal init; }

    /// <summary>Gets the bytes sent to the server.</summary>
    public long BytesToServer { get; internal init; }

    /// <summary>Gets the bytes received from the server.</summary>
    public long BytesFromServer { get; internal init; }

    /// <summary>Gets the bytes sent to the client.</summary>
    public long BytesToClient { get; internal init; }

    /// <summary>Gets the number of attempts to connect; 0 also if a connection was ready that was made ahead.</summary>
    public int Attempts { get; internal init; }

    /// <summary>Gets the time from accept to the end of the preludes; zero if there are none.</summary>
    public TimeSpan Prelude { get; internal init; }

    /// <summary>Gets the time from the end of the preludes to a server connection, or to the end of the search for one: waiting, and all attempts.</summary>
    public TimeSpan Establishing { get; internal init; }

    /// <summary>Gets the part of <see cref="Establishing"/> that the last attempt to connect took.</summary>
    public TimeSpan Connecting { get; internal init; }

    /// <summary>Gets the time from accept to the end.</summary>
    public TimeSpan Duration { get; internal init; }
}
