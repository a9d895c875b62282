using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Routing;

/// <summary>Represents one destination at one moment, for introspection. Immutable.</summary>
public sealed class DestinationSnapshot
{
    internal DestinationSnapshot()
    {
    }

    /// <summary>Gets the name.</summary>
    public DstPath Name { get; internal init; } = DstPath.Root;

    /// <summary>Gets the last state that the resolver gave.</summary>
    public Resolution Resolution { get; internal init; } = Resolution.Pending.Instance;

    /// <summary>Gets the time for which the endpoints have been kept without a good answer.</summary>
    public TimeSpan Age { get; internal init; }

    /// <summary>Gets a value that indicates whether the endpoints were remembered from an earlier run, and nothing has confirmed them yet.</summary>
    public bool IsStale { get; internal init; }

    /// <summary>Gets the number of good answers of the resolver, in total.</summary>
    public long Updates { get; internal init; }

    /// <summary>Gets the number of answers against which the endpoints were kept, in total.</summary>
    public long Failures { get; internal init; }

    /// <summary>Gets the number of sessions that wait for a resolution or for a free place now.</summary>
    public int PendingSessions { get; internal init; }

    /// <summary>Gets the number of sessions that have waited, in total.</summary>
    internal long SessionsWaited { get; init; }

    /// <summary>Gets the number of retries that may be made at this moment.</summary>
    internal double RetriesLeft { get; init; }

    /// <summary>Gets the number of connections that were made ahead and are ready now.</summary>
    internal int Preconnections { get; init; }

    /// <summary>Gets the endpoints, in the order of the set.</summary>
    public ImmutableArray<ServerEndpointSnapshot> Endpoints { get; internal init; } = [];

    internal static DestinationSnapshot Of(Destination destination)
    {
        var endpoints = destination.Balancer.Endpoints;
        var snapshots = new ServerEndpointSnapshot[endpoints.Count];
        for (var i = 0; i < snapshots.Length; i++)
        {
            snapshots[i] = endpoints[i].Snapshot();
        }

        return new()
        {
            Name = destination.Name,
            Resolution = destination.Resolution,
            Age = destination.Age,
            IsStale = destination.IsStale,
            Updates = destination.Updates,
            Failures = destination.Failures,
            PendingSessions = destination.Waiters.Count,
            SessionsWaited = destination.Waiters.Total,
            RetriesLeft = destination.Budget.Left,
            Preconnections = destination.Preconnects.Pool?.Count ?? 0,
            Endpoints = ImmutableCollectionsMarshal.AsImmutableArray(snapshots),
        };
    }
}
