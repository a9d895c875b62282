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
    public required long Id { get; init; }

    /// <summary>Gets when the connection was accepted.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>Gets the address of the listener.</summary>
    public required EndPoint Listener { get; init; }

    /// <inheritdoc cref="SessionContext.ListenerKey"/>
    public required string? ListenerKey { get; init; }

    /// <inheritdoc cref="SessionContext.Peer"/>
    public required EndPoint? Peer { get; init; }

    /// <inheritdoc cref="SessionContext.Client"/>
    public required EndPoint? Client { get; init; }

    /// <inheritdoc cref="SessionContext.Local"/>
    public required EndPoint? Local { get; init; }

    /// <inheritdoc cref="SessionContext.ServerName"/>
    public required string? ServerName { get; init; }

    /// <inheritdoc cref="SessionContext.ApplicationProtocol"/>
    public required string? ApplicationProtocol { get; init; }

    /// <inheritdoc cref="SessionContext.ProxyHeader"/>
    public required ProxyHeader? ProxyHeader { get; init; }

    /// <summary>Gets the name that the session was routed to; null if it was not.</summary>
    public required DstPath? Name { get; init; }

    /// <summary>Gets the address of the endpoint that the session was connected to; null if it was not.</summary>
    public required EndPoint? Server { get; init; }

    /// <summary>Gets who ended the session, and in which phase.</summary>
    public required CloseReason Reason { get; init; }

    /// <summary>Gets why there was no server connection, in words; null if there was one, or there is nothing to say.</summary>
    public required string? Detail { get; init; }

    /// <summary>Gets the bytes received from the client, without those that preludes consumed.</summary>
    public required long BytesFromClient { get; init; }

    /// <summary>Gets the bytes sent to the server.</summary>
    public required long BytesToServer { get; init; }

    /// <summary>Gets the bytes received from the server.</summary>
    public required long BytesFromServer { get; init; }

    /// <summary>Gets the bytes sent to the client.</summary>
    public required long BytesToClient { get; init; }

    /// <summary>Gets the number of attempts to connect; 0 also if a connection was ready that was made ahead.</summary>
    public required int Attempts { get; init; }

    /// <summary>Gets the time from accept to the end of the preludes; zero if there are none.</summary>
    public required TimeSpan Prelude { get; init; }

    /// <summary>Gets the time from the end of the preludes to a server connection, or to the end of the search for one: waiting, and all attempts.</summary>
    public required TimeSpan Establishing { get; init; }

    /// <summary>Gets the part of <see cref="Establishing"/> that the last attempt to connect took.</summary>
    public required TimeSpan Connecting { get; init; }

    /// <summary>Gets the time from accept to the end.</summary>
    public required TimeSpan Duration { get; init; }
}
