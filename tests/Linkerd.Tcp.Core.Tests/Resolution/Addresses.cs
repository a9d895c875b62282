using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Tests;

/// <summary>Resolutions without their metadata, for tests that compare addresses and weights. Hosts are what <see cref="HostMetadataTests"/> is about.</summary>
internal static class Addresses
{
    public static Resolution Of(Resolution resolution) => resolution is not Resolution.Bound bound ? resolution : bound with
    {
        Endpoints = new EndpointSet([.. bound.Endpoints.Groups.Select(static group =>
            new EndpointGroup(group.Endpoints.Select(static endpoint => endpoint with { Metadata = null }), group.Weight, group.Tier))]),
    };
}
