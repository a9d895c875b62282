using System.Net;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Represents an ended session: its addresses, result, bytes and times; or one that is open (<see cref="TcpProxy.Sessions"/>), which has no result, attempts and times of phases yet, and whose
/// server is known once it is connected. Immutable.
/// </summary>
public sealed class SessionRecord
{
    internal SessionRecord()
    {
    }

    /// <summary>Gets the client's side of the session: its addresses, listener, PROXY header and name. Of an ended session it does not change anymore.</summary>
    public SessionContext Session { get; internal init; } = null!;

    /// <summary>Gets the time at which the connection was accepted.</summary>
    public DateTimeOffset Start { get; internal init; }

    /// <summary>Gets the address of the endpoint that the session was connected to; null if there was none.</summary>
    public EndPoint? Server { get; internal init; }

    /// <summary>Gets the side that ended the session, and the phase.</summary>
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

    /// <summary>Gets the part of <see cref="Establishing"/> that the last attempt to connect took.</summary>
    public TimeSpan Connecting { get; internal init; }

    /// <summary>Gets the time from accept to the end of the session.</summary>
    public TimeSpan Duration { get; internal init; }

    /// <summary>Creates the record of a session that is open, as it is now. Any thread.</summary>
    internal static SessionRecord Of(Session session)
    {
        var (context, bytes) = (session.Context, session.CountBytes());
        return new()
        {
            Session = context,
            Start = context.Start,
            Server = session.Endpoint?.Address,
            BytesFromClient = bytes.FromClient,
            BytesToServer = bytes.ToServer,
            BytesFromServer = bytes.FromServer,
            BytesToClient = bytes.ToClient,
            Duration = context.Acceptor.Services.TimeProvider.GetElapsedTime(context.StartedAt),
        };
    }
}
