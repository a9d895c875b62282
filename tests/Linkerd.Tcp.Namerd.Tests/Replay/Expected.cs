using System.Net;
using System.Text.Json;

namespace Linkerd.Tcp.Namerd;

/// <summary>What recorded bytes mean, by another way of reading than the client's.</summary>
internal static class Expected
{
    /// <summary>The resolutions that an answer means to a client that reads it from the beginning.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="hasEnded">Whether the connection has ended behind it.</param>
    public static List<Resolution> Of(string bytes, bool hasEnded)
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
            ? answer.IsComplete ? [Of(answer.Body)] : hasEnded ? [Failed("")] : []
            : OfStream(answer, hasEnded);
    }

    /// <summary>Whether a resolution is the expected one; a failure has to have the expected words in it.</summary>
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

    private static List<Resolution> OfStream(HttpAnswer answer, bool hasEnded)
    {
        var resolutions = new List<Resolution>();
        foreach (var line in answer.Lines)
        {
            resolutions.Add(Of(line));
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

    private static Resolution Of(string line)
    {
        if (!line.StartsWith('{'))
        {
            return Failed(line);
        }

        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("type").GetString() switch
        {
            "bound" => new Resolution.Bound(EndpointSet.Of(json.RootElement.GetProperty("addrs").EnumerateArray().Select(EndpointOf))),
            "neg" => Resolution.Negative.Instance,
            "failed" => Failed(json.RootElement.GetProperty("cause").GetString()!),
            var type => throw new FormatException(type),
        };
    }

    private static WeightedEndPoint EndpointOf(JsonElement entry) => new(
        new IPEndPoint(IPAddress.Parse(entry.GetProperty("ip").GetString()!), entry.GetProperty("port").GetInt32()),
        entry.GetProperty("meta").TryGetProperty("endpoint_addr_weight", out var weight) ? weight.GetDouble() : 1);

    private static Resolution.Failed Failed(string words) => new(words);
}
