using System.Globalization;

namespace Linkerd.Tcp.Cli;

/// <summary>The name of a target: resolvers know names, so a tree gets one of its own.</summary>
internal static class TargetName
{
    private static readonly DstPath First = DstPath.Parse("/target");

    /// <summary>The target where it is a name; else a name that no name of the tree starts with, or the tree would lead to itself.</summary>
    public static DstPath Of(NameTree target)
    {
        if (target is NameTree.Leaf leaf)
        {
            return leaf.Path;
        }

        var taken = target.Names().Where(other => other.Count > 0).Select(other => other[0]).ToHashSet();
        var name = First;
        for (var i = 2; taken.Contains(name[0]); i++)
        {
            name = DstPath.Parse(string.Create(CultureInfo.InvariantCulture, $"{First}-{i}"));
        }

        return name;
    }

    /// <summary>A dtab with an entry for the name of a target, where that is a tree.</summary>
    public static Dtab Append(Dtab dtab, NameTree target, DstPath name) =>
        target is NameTree.Leaf ? dtab : dtab.Append(new Dtab(new DtabEntry(DtabPrefix.Of(name), target)));
}
