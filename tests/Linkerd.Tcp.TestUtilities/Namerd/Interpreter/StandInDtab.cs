using System.Collections.Immutable;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// A delegation table, read twice: by the stand-in's own parser, to bind with, and by the product's, for its words about what is wrong and for printing.
/// </summary>
/// <param name="Entries">In the order of the text; later ones win.</param>
/// <param name="Printed">The same entries, to print.</param>
internal sealed record StandInDtab(ImmutableArray<(ImmutableArray<string> Prefix, StandInTree Tree)> Entries, Dtab Printed)
{
    public static StandInDtab Nothing { get; } = new([], Dtab.Empty);

    /// <exception cref="NameSyntaxException">The text is no dtab; the message is namerd's.</exception>
    public static StandInDtab Parse(string text)
    {
        var printed = Dtab.Parse(text);
        var entries = new StandInDtabParser(text).TakeDtab();
        return entries.Length == printed.Entries.Length ? new(entries, printed) : throw new InvalidOperationException($"the parsers do not agree about '{text}'");
    }

    public StandInDtab Append(StandInDtab more) => more.Entries.IsEmpty ? this : new(Entries.AddRange(more.Entries), Printed.Append(more.Printed));

    /// <summary>What the entries say about a name, last entry first.</summary>
    public ImmutableArray<StandInTree> Lookup(DstPath name) => [.. LookupEntries(name).Select(found => found.Tree)];

    /// <summary>What the entries say about a name, last entry first, and which entries say it.</summary>
    public IEnumerable<(DtabEntry Entry, StandInTree Tree)> LookupEntries(DstPath name)
    {
        for (var i = Entries.Length - 1; i >= 0; i--)
        {
            if (Matches(Entries[i].Prefix, name))
            {
                yield return (Printed.Entries[i], Entries[i].Tree.Append(name.Skip(Entries[i].Prefix.Length)));
            }
        }
    }

    private static bool Matches(ImmutableArray<string> prefix, DstPath name)
    {
        if (prefix.Length > name.Count)
        {
            return false;
        }

        for (var i = 0; i < prefix.Length; i++)
        {
            if (prefix[i] != "*" && prefix[i] != name[i])
            {
                return false;
            }
        }

        return true;
    }
}
