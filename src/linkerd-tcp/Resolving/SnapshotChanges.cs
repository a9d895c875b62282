using System.Net;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Prints the changes in a state of a name: <c>+</c> came, <c>-</c> went, <c>~</c> changed.</summary>
internal static class SnapshotChanges
{
    /// <summary>Prints the lines; none if nothing has changed. If endpoints come or go the shares of the others change too: that is not printed for each.</summary>
    public static IReadOnlyList<string> Print(NameSnapshot before, NameSnapshot after)
    {
        var lines = new List<string>();
        if (!Equals(before.Tree, after.Tree) && after.Tree is not null)
        {
            lines.Add($"~ bound to {after.Tree}");
        }

        var (old, current) = (ByAddress(before), ByAddress(after));
        lines.AddRange(old.Keys.Where(key => !current.ContainsKey(key)).Select(key => $"- {key.EndPoint}"));
        foreach (var (key, endpoint) in current)
        {
            var share = WeightText.PrintShare(endpoint.Share);
            if (!old.TryGetValue(key, out var was))
            {
                lines.Add($"+ {key.EndPoint}  weight {WeightText.Print(endpoint.Weight)}  share {share}");
            }
            else if (was.Weight != endpoint.Weight)
            {
                lines.Add($"~ {key.EndPoint}  weight {WeightText.Print(was.Weight)} -> {WeightText.Print(endpoint.Weight)}  share {share}");
            }
        }

        return lines;
    }

    // An address behind two branches is two endpoints: the first of its kind, the second.
    private static Dictionary<(EndPoint EndPoint, int Index), EndpointShare> ByAddress(NameSnapshot snapshot)
    {
        var endpoints = new Dictionary<(EndPoint, int), EndpointShare>();
        var counts = new Dictionary<EndPoint, int>();
        foreach (var endpoint in snapshot.Resolution is Resolution.Bound bound ? EndpointShare.Of(bound.Endpoints) : [])
        {
            var index = counts.GetValueOrDefault(endpoint.EndPoint);
            counts[endpoint.EndPoint] = index + 1;
            endpoints.Add((endpoint.EndPoint, index), endpoint);
        }

        return endpoints;
    }
}
