using Linkerd.Tcp.Cli.Primitives;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Naming;

/// <summary>The namers of this executable, and the names of a dtab that lead to another one.</summary>
internal static class KnownNamers
{
    /// <summary>The namer of <c>--disco</c>.</summary>
    public static DstPath Files { get; } = DstPath.Parse("/#/io.l5d.fs");

    /// <summary>The namer of addresses with commas.</summary>
    public static DstPath Groups { get; } = DstPath.Parse("/$/inets");

    private static readonly DstPath Configured = DstPath.Parse("/#");
    private static readonly DstPath BuiltIn = DstPath.Parse("/$");
    private static readonly DstPath[] Others =
    [
        .. ((string[])["/#/io.l5d.dns", "/#/io.l5d.dnssrv", "/$/inet", "/$/inets", "/$/fixedinet", "/$/nil", "/$/fail"]).Select(prefix => DstPath.Parse(prefix)),
    ];

    /// <summary>Finds names of a dtab or a target that lead to a missing namer, with one line for each such namer; the line names the first entry that leads there.</summary>
    public static IEnumerable<string> FindUnknown(Dtab dtab, NameTree target, bool hasFiles)
    {
        var prefixes = PrefixesOf(dtab);
        var seen = new HashSet<DstPath>();
        foreach (var (tree, entry) in dtab.Entries.Select(entry => (entry.Tree, (DtabEntry?)entry)).Prepend((target, null)))
        {
            foreach (var name in tree.Names())
            {
                if (Describe(name, prefixes, hasFiles) is { } problem && seen.Add(name.Take(2)))
                {
                    yield return problem + (entry is null ? string.Empty : $"; '{Shorten(entry)}' leads there");
                }
            }
        }
    }

    /// <summary>The prefixes of all entries of a dtab.</summary>
    public static PrefixTree PrefixesOf(Dtab dtab)
    {
        var prefixes = new PrefixTree();
        foreach (var entry in dtab.Entries)
        {
            prefixes.Add(entry.Prefix, 0, ends: false);
        }

        return prefixes;
    }

    /// <summary>Describes a name; null if it has a namer, or an entry of the dtab leads on from it.</summary>
    public static string? Describe(DstPath name, PrefixTree prefixes, bool hasFiles)
    {
        if (name.Count < 2
            || !(name.StartsWith(Configured) || name.StartsWith(BuiltIn))
            || (hasFiles && name.StartsWith(Files))
            || Array.Exists(Others, name.StartsWith)
            || prefixes.MayMatch(name))
        {
            return null;
        }

        var namer = name.Take(2);
        var known = (hasFiles ? Others.Prepend(Files) : Others).Select(other => other.ToString()).ToList();
        var hint = namer == Files ? "; --disco <DIR> makes it" : FindMeant(namer, known) is { } meant ? $"; did you mean {meant}?" : string.Empty;
        return $"there is no namer {namer} here, so that what leads to it does not exist; known are {string.Join(", ", known)}{hint}";
    }

    // By the last part alone: all of them begin alike, which makes each resemble every other.
    private static string? FindMeant(DstPath namer, List<string> known) =>
        Suggestion.Find(LastPart(namer.ToString()), known.Select(LastPart)) is { } meant ? known.Find(name => LastPart(name) == meant) : null;

    private static string LastPart(string namer) => namer[(namer.AsSpan().LastIndexOfAny('.', '/') + 1)..];

    private static string Shorten(DtabEntry entry)
    {
        const int Longest = 100;
        var text = entry.ToString();
        return text.Length <= Longest ? text : text[..Longest] + "...";
    }
}
