using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.TestUtilities.Resolving;

/// <summary>Resolutions without their metadata, for tests that compare addresses and weights.</summary>
public static class Addresses
{
    public static Resolution Of(Resolution resolution) => resolution is not Resolution.Bound bound ? resolution : new Resolution.Bound(
        new EndpointSet([.. bound.Endpoints.Groups.Select(static group =>
            new EndpointGroup(group.Endpoints.Select(static endpoint => new WeightedAddress(endpoint.Address, endpoint.Weight)), group.Weight, group.Tier))]),
        bound.IsStale);
}
