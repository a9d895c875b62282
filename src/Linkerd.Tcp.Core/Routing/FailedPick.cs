using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Routing;

/// <summary>Evaluates the picks of a destination that gave no endpoint. Any thread.</summary>
internal static class FailedPick
{
    /// <summary>Returns true if no event can make the next pick succeed, so that a wait would only delay the failure.</summary>
    public static bool CannotSucceed(this Destination destination, PickResult picked) => picked switch
    {
        // Before the first good answer "no endpoints" means "not known yet".
        PickResult.Empty => destination.IsResolved && destination.Balancer.Endpoints.Count == 0 && !destination.Options.WaitForEndpoints,
        PickResult.Unavailable => AreAllDraining(destination),
        _ => false,
    };

    /// <summary>Returns a message with the reason for which there is no endpoint.</summary>
    public static string Describe(this Destination destination, PickResult picked) => (picked, destination.Resolution) switch
    {
        (PickResult.AtLimit, _) => "every endpoint is at its limit of connections",
        (PickResult.Unavailable, _) => AreAllDraining(destination) ? "every endpoint is draining" : "no endpoint is available",
        (_, Resolution.Pending) => "the name is not resolved yet",
        (_, Resolution.Failed failed) => $"the name is not resolved: {failed.Error}",
        (_, Resolution.Negative) => "the name does not exist",
        _ => "the name has no endpoints",
    };

    // True if there are endpoints, and an operator drains all of them.
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
