using System.Net;
using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Balancing;

/// <summary>Describes the session for which a balancer picks an endpoint.</summary>
public readonly ref struct PickContext
{
    /// <summary>The client's address; null if it is not known. For a session it is the effective one (<see cref="SessionContext.Client"/>), made when it is asked for.</summary>
    public EndPoint? Client
    {
        get => field ?? Session?.Client;
        init;
    }

    /// <summary>
    /// The time of the pick as a timestamp of the balancer's <see cref="TimeProvider"/>; 0, the default, where the caller does not have it at hand.
    /// A balancer that is told notices which endpoints leave connects without an answer; it reads no clock for that.
    /// </summary>
    public long Timestamp { get; init; }

    /// <summary>A hash of what sessions should stick by; 0 where there is none.</summary>
    public ulong Hash { get; init; }

    /// <summary>The endpoints that this session has tried in vain; they are not picked again.</summary>
    public ReadOnlySpan<ServerEndpoint> Tried { get; init; }

    /// <summary>The session that is picked for; null if there is none. Asked for the client's address only by balancers that need it.</summary>
    internal IClientContext? Session { get; init; }

    /// <summary>Finds one of many <see cref="Tried"/> at once; null if they are few.</summary>
    internal TriedEndpoints? TriedIndex { get; init; }
}
