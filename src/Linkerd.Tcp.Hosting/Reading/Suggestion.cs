namespace Linkerd.Tcp.Hosting;

/// <summary>Finds the option that a mistyped one was meant for. For the packages of this project; it may change in any version.</summary>
public static class Suggestion
{
    /// <summary>Gets the candidate that the text is the beginning of, or otherwise the nearest one within a third of its length; null if there is none.</summary>
    public static string? Find(string text, IEnumerable<string> candidates)
    {
        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var candidate in candidates)
        {
            var isBeginning = text.Length > 3 && candidate.StartsWith(text, StringComparison.OrdinalIgnoreCase);
            var most = Math.Max(1, candidate.Length / 3);

            // Lengths that differ by more are as many mistakes, and a text may be very long.
            var distance = isBeginning ? 0 : Math.Abs(text.Length - candidate.Length) > most ? int.MaxValue : Distance(text, candidate);
            if (distance < bestDistance && distance <= most)
            {
                best = candidate;
                bestDistance = distance;
            }
        }

        return best;
    }

    // Damerau and Levenshtein's distance (optimal string alignment), a row at a time: two letters that changed places are one mistake.
    private static int Distance(string a, string b)
    {
        var (before, row) = (new int[b.Length + 1], Enumerable.Range(0, b.Length + 1).ToArray());
        for (var i = 1; i <= a.Length; i++)
        {
            var next = new int[b.Length + 1];
            next[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                next[j] = Math.Min(row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), Math.Min(row[j], next[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    next[j] = Math.Min(next[j], before[j - 2] + 1);
                }
            }

            (before, row) = (row, next);
        }

        return row[b.Length];
    }
}
