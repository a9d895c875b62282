using System.Net;
using Linkerd.Tcp.ProxyProtocol;

namespace Linkerd.Tcp.Sessions;

/// <summary>Everything that is known of a session at its end. Immutable.</summary>
public sealed class SessionRecord
{
    internal SessionRecord()
    {
    }

    /// <summary>Gets the number of the session: unique in the process.</summary>
    public long Id { get; internal init; }

    /// <summary>Gets when the connection was accepted.</summary>
    public DateTimeOffset Start { get; internal init; }

    /// <summary>Gets the address of the listener.</summary>
    public EndPoint Listener { get; internal init; } = null!;

    /// <inheritdoc cref="SessionContext.ListenerKey"/>
    public string? ListenerKey { get; internal init; }

    /// <inheritdoc cref="SessionContext.Peer"/>
    public EndPoint? Peer { get; internal init; }

    /// <inheritdoc cref="SessionContext.Client"/>
    public EndPoint? Client { get; internal init; }

    /// <inheritdoc cref="SessionContext.Local"/>
    public EndPoint? Local { get; internal init; }

    /// <inheritdoc cref="SessionContext.ServerName"/>
    public string? ServerName { get; internal init; }

    /// <inheritdoc cref="SessionContext.ApplicationProtocol"/>
    public string? ApplicationProtocol { get; internal init; }

    /// <inheritdoc cref="SessionContext.ProxyHeader"/>
    public ProxyHeader? ProxyHeader { get; internal init; }

    /// <summary>Gets the name that the session was routed to; null if it was not.</summary>
    public DstPath? Name { get; internal init; }

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
