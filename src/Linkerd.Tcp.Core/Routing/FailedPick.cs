using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Routing;

/// <summary>Judges the picks of a destination that gave no endpoint. Any thread.</summary>
internal static class FailedPick
{
    /// <summary>Gets a value that indicates whether nothing is left that would make the next pick succeed: waiting would only delay the bad news.</summary>
    public static bool CannotSucceed(this Destination destination, PickResult picked) => picked switch
    {
        // Before the first good answer "no endpoints" means "not known yet".
        PickResult.Empty => destination.IsResolved && destination.Balancer.Endpoints.Count == 0 && !destination.Options.WaitForEndpoints,
        PickResult.Unavailable => AreAllDraining(destination),
        _ => false,
    };

    /// <summary>Says in words why there is no endpoint.</summary>
    public static string Describe(this Destination destination, PickResult picked) => (picked, destination.Resolution) switch
    {
        (PickResult.AtLimit, _) => "every endpoint is at its limit of connections",
        (PickResult.Unavailable, _) => AreAllDraining(destination) ? "every endpoint is draining" : "no endpoint is available",
        (_, Resolution.Pending) => "the name is not resolved yet",
        (_, Resolution.Failed failed) => $"the name is not resolved: {failed.Error}",
        (_, Resolution.Negative) => "the name does not exist",
        _ => "the name has no endpoints",
    };

    // Whether there are endpoints, and an operator drains each of them.
    private static bool AreAllDraining(Destination destination)
    {
        var endpoints = destination.Balancer.Endpoints;
        for (var i = 0; i < endpoints.Count; i++)
        {
            if (!endpoints[i].IsDraining)
            {
                return false;
            }
        }

        return endpoints.Count > 0;
    }
}
