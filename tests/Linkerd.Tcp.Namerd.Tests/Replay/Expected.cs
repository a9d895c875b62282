using System.Net;
using System.Text.Json;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Namerd;

/// <summary>What recorded bytes mean, by another way of reading than the client's.</summary>
internal static class Expected
{
    /// <summary>The resolutions that an answer means to a client that reads it from the beginning.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="hasEnded">Whether the connection has ended behind it.</param>
    /// <param name="isTree">Whether it is an answer of <c>bind</c>, with the addresses that it names; otherwise one of <c>resolve</c> or <c>addr</c>.</param>
    public static List<Resolution> Of(string bytes, bool hasEnded, bool isTree = false)
    {
        var answers = HttpAnswer.Parse(bytes);
        if (answers is not [var answer, ..])
        {
            return hasEnded ? [Failed("")] : [];
        }

        if (!answer.StatusLine.Contains(" 200 ", StringComparison.Ordinal))
        {
            return answer.IsComplete || hasEnded ? [Failed(answer.StatusLine.Split(' ')[1])] : [];
        }

        if (answer.Encoding is not null)
        {
            return [Failed("encoding")];
        }

        return answer.Headers.ContainsKey("content-length")
            ? answer.IsComplete ? [Of(answer.Body, isTree)] : hasEnded ? [Failed("")] : []
            : OfStream(answer, hasEnded, isTree);
    }

    /// <summary>Whether a resolution is the expected one; a failure has to have the expected words in it.</summary>
    public static bool IsMet(Resolution expected, Resolution? seen) => expected is Resolution.Failed { Error: var words }
        ? seen is Resolution.Failed failed && failed.Error.Contains(words, StringComparison.Ordinal)
        : expected.Equals(seen);

    /// <summary>As <see cref="IsMet"/>, for a test.</summary>
    public static void AssertMet(Resolution expected, Resolution seen)
    {
        if (expected is Resolution.Failed { Error: var words })
        {
            Assert.Contains(words, Assert.IsType<Resolution.Failed>(seen).Error, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(expected, seen);
        }
    }

    private static List<Resolution> OfStream(HttpAnswer answer, bool hasEnded, bool isTree)
    {
        var resolutions = new List<Resolution>();
        foreach (var line in answer.Lines)
        {
            resolutions.Add(Of(line, isTree));
            if (!line.StartsWith('{'))
            {
                return resolutions;
            }
        }

        if (hasEnded && (!answer.IsComplete || resolutions.Count == 0))
        {
            resolutions.Add(Failed(""));
        }

        return resolutions;
    }

    private static Resolution Of(string line, bool isTree)
    {
        if (!line.StartsWith('{'))
        {
            return Failed(line);
        }

        using var json = JsonDocument.Parse(line);
        return isTree ? OfTree(json.RootElement) : OfAddresses(json.RootElement);
    }

    private static Resolution OfAddresses(JsonElement json) => json.GetProperty("type").GetString() switch
    {
        "bound" => new Resolution.Bound(EndpointSet.Create(json.GetProperty("addrs").EnumerateArray().Select(EndpointOf))),
        "neg" => Resolution.Negative.Instance,
        "failed" => Failed(json.GetProperty("cause").GetString()!),
        var type => throw new FormatException(type),
    };

    private static Resolution OfTree(JsonElement json) => json.GetProperty("type").GetString() switch
    {
        "leaf" => OfAddresses(json.GetProperty("bound").GetProperty("addr")),
        "union" => new Resolution.Bound(new EndpointSet([.. GroupsOf(json, 1)])),
        "empty" => new Resolution.Bound(EndpointSet.Empty),
        _ => Resolution.Negative.Instance,
    };

    // A union within a union shares the weight of its branch.
    private static IEnumerable<EndpointGroup> GroupsOf(JsonElement union, double scale)
    {
        foreach (var branch in union.GetProperty("union").EnumerateArray())
        {
            var weight = branch.GetProperty("weight").GetDouble() * scale;
            var tree = branch.GetProperty("tree");
            if (tree.GetProperty("type").GetString() == "union")
            {
                var sum = tree.GetProperty("union").EnumerateArray().Sum(inner => inner.GetProperty("weight").GetDouble());
                foreach (var group in GroupsOf(tree, 1))
                {
                    yield return new EndpointGroup(group.Endpoints, weight * (group.Weight / sum));
                }
            }
            else if (OfTree(tree) is Resolution.Bound bound)
            {
                yield return new EndpointGroup(bound.Endpoints.Groups.SelectMany(group => group.Endpoints), weight);
            }
        }
    }

    private static WeightedAddress EndpointOf(JsonElement entry) => new(
        new IPEndPoint(IPAddress.Parse(entry.GetProperty("ip").GetString()!), entry.GetProperty("port").GetInt32()),
        entry.GetProperty("meta").TryGetProperty("endpoint_addr_weight", out var weight) ? weight.GetDouble() : 1);

    private static Resolution.Failed Failed(string words) => new(words);
}
