using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Primitives;
using Linkerd.Tcp.Cli.Resolving;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Checking;

/// <summary>Finds oddities of a valid dtab.</summary>
internal static class DtabAdvisor
{
    /// <summary>Finds entries that a reader may not have meant, in the order of the entries.</summary>
    public static IReadOnlyList<DtabProblem> FindOddities(string text, Dtab dtab)
    {
        var entries = DtabSegments.Of(text).Where(segment => !Dtab.Parse(text[segment]).Entries.IsEmpty).Select(segment => StartOf(text, segment)).ToList();
        var printed = Dtab.Parse(dtab.ToString(NameTreeFormat.Namerd));
        var namers = KnownNamers.PrefixesOf(dtab);
        var unknown = new HashSet<DstPath>();
        var later = new PrefixTree();
        var useless = new string?[dtab.Entries.Length];
        for (var i = dtab.Entries.Length - 1; i >= 0; i--)
        {
            useless[i] = Useless(dtab, i, later);
            later.Add(dtab.Entries[i].Prefix, i, ends: dtab.Entries[i].Tree is NameTree.Fail or NameTree.Empty);
        }

        var oddities = new List<DtabProblem>();
        for (var i = 0; i < dtab.Entries.Length; i++)
        {
            var messages = Rounded(dtab.Entries[i].Tree, printed.Entries[i].Tree).Concat(Unknown(dtab.Entries[i], namers, unknown));
            foreach (var message in useless[i] is { } other ? messages.Append(other) : messages)
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

    // Stores other than memory keep namerd's printed form, so that there a split changes when the dtab is written.
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

    // Once for each namer: namerd may have it, and then in many entries.
    private static IEnumerable<string> Unknown(DtabEntry entry, PrefixTree prefixes, HashSet<DstPath> seen)
    {
        foreach (var name in entry.Tree.Names())
        {
            if (KnownNamers.Describe(name, prefixes, hasFiles: true) is { } problem && seen.Add(name.Take(2)))
            {
                yield return problem + " (a namerd may have others)";
            }
        }
    }

    private static string? Useless(Dtab dtab, int index, PrefixTree later)
    {
        var entry = dtab.Entries[index];
        return later.FindEnd(entry.Prefix) is { } winner
            ? $"{entry.Prefix} is never used: '{dtab.Entries[winner]}' comes later, wins, and ends the search"
            : entry.Tree.Names().FirstOrDefault(name => entry.Prefix.Matches(name) && !later.Matches(name)) is { } name
            ? $"{entry.Prefix} leads back to itself by {name}: what it is asked for cannot be bound"
            : null;
    }
}
