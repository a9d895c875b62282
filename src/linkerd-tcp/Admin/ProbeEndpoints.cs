using Linkerd.Tcp.Hosting;
using Microsoft.AspNetCore.Http;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>The probes: whether the process runs, and whether it takes clients.</summary>
internal sealed class ProbeEndpoints(AdminServices services)
{
    /// <summary>Answers that the process runs.</summary>
    public static Task LiveAsync(HttpContext context) => WriteAsync(context, "live\n");

    /// <summary>Answers whether every listener is bound, nothing is drained, and, if that is asked for, each name of a listener was resolved.</summary>
    public Task ReadyAsync(HttpContext context) => FindObstacle() is { } obstacle
        ? Problem.WriteAsync(context.Response, StatusCodes.Status503ServiceUnavailable, obstacle)
        : WriteAsync(context, "ready\n");

    private static Task WriteAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private string? FindObstacle()
    {
        switch (services.Phase())
        {
            case ServingPhase.Starting:
                return "Listeners are being bound.";
            case ServingPhase.Draining:
                return "The process is stopping.";
            default:
                break;
        }

        if (!services.Options.ReadyWhenResolved)
        {
            return null;
        }

        var unresolved = services.Host.Routers.SelectMany(NamesOf).Distinct().Select(static name => $"{name}").ToList();
        return unresolved.Count == 0 ? null : $"Names were not resolved yet: {string.Join(", ", unresolved.Take(10))}{(unresolved.Count > 10 ? $" and {unresolved.Count - 10} more" : string.Empty)}.";
    }

    // A name that a listener has is resolved from its start on. An empty set is an answer too.
    private static IEnumerable<DstPath> NamesOf(HostedRouter router)
    {
        var names = router.Proxy.Options.Listeners.Select(static listener => listener.Destination).OfType<DstPath>().ToHashSet();
        return router.Destinations.Destinations
            .Where(destination => names.Contains(destination.Name) && destination.Resolution is not Resolution.Bound && destination.Snapshot() is { Updates: 0, IsStale: false })
            .Select(static destination => destination.Name);
    }
}
