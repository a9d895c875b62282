using System.Net;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>An endpoint, and the part of the connections that it gets.</summary>
/// <param name="EndPoint">The address.</param>
/// <param name="Weight">Its weight among those of its group.</param>
/// <param name="Share">Its share of all connections, 0 to 1, if every endpoint can serve.</param>
/// <param name="Tier">Its priority, 0 first.</param>
/// <param name="Authority">The authority that discovery gave for it; null if it gave none.</param>
internal sealed record EndpointShare(EndPoint EndPoint, double Weight, double Share, int Tier, string? Authority = null)
{
    /// <summary>The endpoints of a set. An address in two groups is there twice.</summary>
    public static IReadOnlyList<EndpointShare> Of(EndpointSet endpoints)
    {
        var inUse = endpoints.Groups.Where(group => !group.Endpoints.IsEmpty).ToList();
        var tier = inUse.Count == 0 ? 0 : inUse.Min(group => group.Tier);
        var groups = inUse.FindAll(group => group.Tier == tier);
        var sum = groups.Sum(group => group.Weight);
        return [.. endpoints.Groups.SelectMany(group => Of(group, group.Tier == tier ? Part(group.Weight, sum, groups.Count) : 0))];
    }

    private static IEnumerable<EndpointShare> Of(EndpointGroup group, double share)
    {
        var sum = group.Endpoints.Sum(endpoint => endpoint.EffectiveWeight);
        return group.Endpoints
            .OrderBy(endpoint => endpoint.Address, EndPointOrder.Instance)
            .Select(endpoint => new EndpointShare(
                endpoint.Address, endpoint.EffectiveWeight, share * Part(endpoint.EffectiveWeight, sum, group.Endpoints.Length), group.Tier, endpoint.Metadata?.Authority));
    }

    // A weight of 0 is a last resort: it has a share only if all have it.
    private static double Part(double weight, double sum, int count) => sum > 0 ? weight / sum : 1.0 / count;
}
