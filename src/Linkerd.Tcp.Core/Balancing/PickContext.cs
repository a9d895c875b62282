using System.Net;

namespace Linkerd.Tcp;

/// <summary>What a balancer is told of the session that it picks for.</summary>
public readonly ref struct PickContext
{
    /// <summary>The client's connection; null where there is none.</summary>
    public TransportConnection? Connection { get; init; }

    /// <summary>The client's address, where it is known. Made when it is asked for.</summary>
    public EndPoint? Client => Connection?.RemoteEndPoint;

    /// <summary>
    /// The time of the pick as a timestamp of the balancer's <see cref="TimeProvider"/>; 0, the default, where the caller does not have it at hand.
    /// A balancer that is told notices which endpoints leave connects without an answer; it reads no clock for that.
    /// </summary>
    public long Timestamp { get; init; }

    /// <summary>A hash of what sessions should stick by; 0 where there is none.</summary>
    public ulong Hash { get; init; }

    /// <summary>The endpoints that this session has tried in vain; they are not picked again.</summary>
    public ReadOnlySpan<Endpoint> Tried { get; init; }

    /// <summary>Finds one of many <see cref="Tried"/> at once; null if they are few.</summary>
    internal TriedEndpoints? TriedIndex { get; init; }
}
