using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.P2c;

/// <summary>
/// Decides which of two endpoints is the better one; a distributor chooses the two. Implementations are structs without state, so that the
/// compiler makes one piece of code of the two.
/// </summary>
internal interface ILoadMetric
{
    /// <summary>Compares two endpoints that have been drawn. If neither is better, their picks decide.</summary>
    static abstract void Compare(in Candidate a, in Candidate b, ref PickState scope, out bool isBetterA, out bool isBetterB);
}

/// <summary>An endpoint that has been drawn.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Weight">Its effective weight, as a share of the group's greatest.</param>
/// <param name="Load">Its load when it was drawn.</param>
/// <param name="Branch">The counter of that load; null for the endpoint itself.</param>
internal readonly record struct Candidate(ServerEndpoint Endpoint, double Weight, long Load, EndpointBranch? Branch = null);
