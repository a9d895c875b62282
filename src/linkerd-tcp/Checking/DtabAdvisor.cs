namespace Linkerd.Tcp.Cli;

/// <summary>Finds what is odd about a dtab that is one.</summary>
internal static class DtabAdvisor
{
    /// <summary>What a reader may not have meant, in the order of the entries.</summary>
    public static IReadOnlyList<DtabProblem> FindOddities(string text, Dtab dtab)
    {
        var entries = DtabSegments.Of(text).Where(segment => !Dtab.Parse(text[segment]).Entries.IsEmpty).Select(segment => StartOf(text, segment)).ToList();
        var printed = Dtab.Parse(dtab.ToString(NameTreeFormat.Namerd));
        var oddities = new List<DtabProblem>();
        for (var i = 0; i < dtab.Entries.Length; i++)
        {
            foreach (var message in Rounded(dtab.Entries[i].Tree, printed.Entries[i].Tree).Concat(Useless(dtab, i)))
            {
                oddities.Add(new DtabProblem(i < entries.Count ? entries[i] : 0, false, message));
            }
        }

        return oddities;
    }

    private static int StartOf(string text, Range segment)
    {
        var (start, length) = segment.GetOffsetAndLength(text.Length);
        return text.IndexOf('/', start, length) is >= 0 and var slash ? slash : start;
    }

    // Stores other than memory keep what namerd prints, so that there a split changes when the dtab is written.
    private static IEnumerable<string> Rounded(NameTree exact, NameTree printed)
    {
        switch (exact, printed)
        {
            case (NameTree.Union union, NameTree.Union other):
                for (var i = 0; i < union.Branches.Length; i++)
                {
                    var (branch, rounded) = (union.Branches[i], other.Branches[i]);
                    if (branch.Weight != rounded.Weight)
                    {
                        var weight = WeightText.Print(branch.Weight);
                        yield return $"namerd prints the weight {weight} as {WeightText.Print(rounded.Weight)}, and its stores keep what it prints; expected at most two decimals";
                    }

                    foreach (var message in Rounded(branch.Tree, rounded.Tree))
                    {
                        yield return message;
                    }
                }

                break;
            case (NameTree.Alt alt, NameTree.Alt other):
                for (var i = 0; i < alt.Branches.Length; i++)
                {
                    foreach (var message in Rounded(alt.Branches[i], other.Branches[i]))
                    {
                        yield return message;
                    }
                }

                break;
        }
    }

    private static IEnumerable<string> Useless(Dtab dtab, int index)
    {
        var entry = dtab.Entries[index];
        var later = dtab.Entries.Skip(index + 1);
        if (later.FirstOrDefault(other => other.Tree is NameTree.Fail or NameTree.Empty && Covers(other.Prefix, entry.Prefix)) is { } winner)
        {
            yield return $"{entry.Prefix} is never used: '{winner}' comes later, wins, and ends the search";
        }
        else if (entry.Tree.Names().FirstOrDefault(name => entry.Prefix.Matches(name) && !later.Any(other => other.Prefix.Matches(name))) is { } name)
        {
            yield return $"{entry.Prefix} leads back to itself by {name}: what it is asked for cannot be bound";
        }
    }

    private static bool Covers(DtabPrefix prefix, DtabPrefix other) => prefix.Count <= other.Count
        && Enumerable.Range(0, prefix.Count).All(i => prefix[i] == "*" || prefix[i] == other[i]);
}
