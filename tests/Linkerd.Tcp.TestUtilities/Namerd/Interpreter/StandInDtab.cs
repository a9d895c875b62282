using System.Collections.Immutable;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>A delegation table.</summary>
/// <param name="Entries">In the order of the text; later ones win.</param>
internal sealed record StandInDtab(ImmutableArray<(ImmutableArray<string> Prefix, StandInTree Tree)> Entries)
{
    public static StandInDtab Nothing { get; } = new([]);

    public static StandInDtab Parse(string text) => new StandInDtabParser(text).TakeDtab();

    public StandInDtab Append(StandInDtab more) => new(Entries.AddRange(more.Entries));

    /// <summary>What the entries say about a name, last entry first.</summary>
    public ImmutableArray<StandInTree> Lookup(DstPath name) =>
    [
        .. Entries.Reverse().Where(entry => Matches(entry.Prefix, name)).Select(entry => entry.Tree.Append(name.Skip(entry.Prefix.Length))),
    ];

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
