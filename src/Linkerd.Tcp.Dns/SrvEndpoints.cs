using System.Net;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Dns;

/// <summary>Creates a set from SRV records: each priority is a tier, the lowest the first, and each weight is shared by the addresses of its host.</summary>
internal static class SrvEndpoints
{
    /// <summary>
    /// The effective weight of 0: RFC 2782 requires a very small chance for it beside others, while 0 is for the last resort here. Alone they are equal.
    /// </summary>
    public const double OfZero = 0.1;

    public static EndpointSet Of(IReadOnlyCollection<DnsService> services, Func<string, IReadOnlyList<IPAddress>> addresses)
    {
        var groups = services.GroupBy(service => service.Priority).OrderBy(tier => tier.Key).Select(tier =>
        {
            var allZero = tier.All(service => service.Weight == 0);
            var weights = new Dictionary<IPEndPoint, (double Weight, EndpointMetadata Metadata)>();

            // Servers give the records of a name in another order each time; the same records are the same set.
            foreach (var service in tier.OrderBy(service => service.Target, StringComparer.OrdinalIgnoreCase).ThenBy(service => service.Port))
            {
                var weight = service.Weight > 0 ? service.Weight : allZero ? 1 : OfZero;
                var hosts = addresses(service.Target);
                var metadata = new EndpointMetadata(service.Target);
                foreach (var endPoint in hosts.Select(address => new IPEndPoint(address, service.Port)))
                {
                    // One address may be that of several hosts.
                    weights[endPoint] = (weights.GetValueOrDefault(endPoint).Weight + (weight / hosts.Count), metadata);
                }
            }

            return weights;
        }).Where(weights => weights.Count > 0);
        return new EndpointSet([.. groups.Select((weights, tier) => new EndpointGroup(weights.Select(pair => new WeightedAddress(pair.Key, pair.Value.Weight, pair.Value.Metadata)), 1, tier))]);
    }
}
