namespace Linkerd.Tcp.Cli;

/// <summary>Finds what somebody meant who mistyped an option.</summary>
internal static class Suggestion
{
    /// <summary>The candidate that the text is the beginning of, or else the nearest one within a third of its length; null where none is.</summary>
    public static string? Find(string text, IEnumerable<string> candidates)
    {
        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var candidate in candidates)
        {
            var distance = text.Length > 3 && candidate.StartsWith(text, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(text, candidate);
            if (distance < bestDistance && distance <= Math.Max(1, candidate.Length / 3))
            {
                best = candidate;
                bestDistance = distance;
            }
        }

        return best;
    }

    // Levenshtein's distance, one row at a time.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
