using System.Runtime.InteropServices;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Routing;

namespace Linkerd.Tcp;

/// <content>What it shows.</content>
public sealed partial class Destination
{
    /// <summary>
    /// Its state, and that of each of its endpoints, at this moment. Linear in the number of endpoints; no pick waits for it.
    /// </summary>
    public DestinationSnapshot Snapshot()
    {
        var endpoints = Balancer.Endpoints;
        var snapshots = new ServerEndpointSnapshot[endpoints.Count];
        for (var i = 0; i < snapshots.Length; i++)
        {
            snapshots[i] = endpoints[i].Snapshot();
        }

        return new()
        {
            Name = Name,
            Resolution = Resolution,
            Age = Age,
            IsStale = IsStale,
            Updates = Updates,
            Failures = Failures,
            PendingSessions = Waiters.Count,
            SessionsWaited = Waiters.Total,
            RetriesLeft = Budget.Left,
            Preconnections = Warm?.Count ?? 0,
            Endpoints = ImmutableCollectionsMarshal.AsImmutableArray(snapshots),
        };
    }

    /// <summary>The endpoint of an address in the current set, for an operator to act on; null where there is none.</summary>
    public ServerEndpoint? FindEndpoint(System.Net.EndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var endpoints = Balancer.Endpoints;
        for (var i = 0; i < endpoints.Count; i++)
        {
            if (endpoints[i].Address.Equals(address))
            {
                return endpoints[i];
            }
        }

        return null;
    }
}
