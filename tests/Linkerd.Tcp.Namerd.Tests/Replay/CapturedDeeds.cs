using System.Collections.Frozen;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>What was done to the recorded namerd while it was recorded, done to a stand-in.</summary>
internal static class CapturedDeeds
{
    private const string ToDtab = "dtab: ";

    /// <summary>What was written into the file <c>w</c>; null: it was deleted.</summary>
    private static readonly FrozenDictionary<string, string?> Files = new Dictionary<string, string?>
    {
        ["write in place: two addresses"] = "127.0.0.1 1001\n127.0.0.1 1002\n",
        ["write in place: same content"] = "127.0.0.1 1001\n127.0.0.1 1002\n",
        ["write in place: other order"] = "127.0.0.1 1002\n127.0.0.1 1001\n",
        ["write in place: empty"] = string.Empty,
        ["write in place: bad line"] = "127.0.0.1 1001\nnonsense\n",
        ["write in place: the same bad line again"] = "127.0.0.1 1001\nnonsense\n",
        ["write in place: good again, weight 2"] = "127.0.0.1 1001 * 2\n",
        ["write in place: weight 3"] = "127.0.0.1 1001 * 3\n",
        ["write in place: one address"] = "127.0.0.1 1001\n",
        ["two addresses"] = "127.0.0.1 1001\n127.0.0.1 1002 * 0.5\n",
        ["delete"] = null,
        ["delete the file"] = null,
        ["create"] = "127.0.0.1 1001\n",
        ["create the file"] = "127.0.0.1 1003\n",
    }.ToFrozenDictionary();

    /// <summary>What <c>/svc/w</c> leads to in the dtab.</summary>
    private static readonly FrozenDictionary<string, string> Trees = new Dictionary<string, string>
    {
        ["/svc/w => web1"] = "/#/io.l5d.fs/web1",
        ["the same again"] = "/#/io.l5d.fs/web1",
        ["union 3 web1 & 1 web2"] = "3 * /#/io.l5d.fs/web1 & 1 * /#/io.l5d.fs/web2",
        ["union 1 web1 & 1 web2"] = "1 * /#/io.l5d.fs/web1 & 1 * /#/io.l5d.fs/web2",
        ["union 1 web1 & 1 missing"] = "1 * /#/io.l5d.fs/web1 & 1 * /#/io.l5d.fs/missing",
        ["negative"] = "~",
        ["fail"] = "!",
        ["empty"] = "$",
        ["unknown class, binding throws"] = "/$/no.such.Klass/x",
        ["a loop"] = "/svc/w",
    }.ToFrozenDictionary();

    public static void Do(NamerdStandIn namerd, Capture capture, string did)
    {
        if (Files.TryGetValue(did, out var text))
        {
            Write(namerd, capture, did, text);
        }
        else if (did == ToDtab + "back to base")
        {
            namerd.SetDtab("copy", CapturedWorld.Small);
        }
        else if (did.StartsWith(ToDtab, StringComparison.Ordinal))
        {
            namerd.SetDtab("copy", $"{CapturedWorld.Small} /svc/w => {Trees[did[ToDtab.Length..]]}");
        }
        else
        {
            DoOther(namerd, did);
        }
    }

    private static void Write(NamerdStandIn namerd, Capture capture, string did, string? text)
    {
        if (capture.Name.Contains("missing then created", StringComparison.Ordinal))
        {
            namerd.SetFile("late", text is null ? null : "127.0.0.1 1100\n");
        }
        else
        {
            namerd.SetFile("w", did == "create" && capture.Name.Contains("rename over", StringComparison.Ordinal) ? "127.0.0.1 1006\n" : text);
        }
    }

    private static void DoOther(NamerdStandIn namerd, string did)
    {
        switch (did)
        {
            case "rename over from outside the directory" or "write in place afterwards":
                // namerd does not see these: its own defect, which a stand-in without a file system has no place for.
                break;
            case "create the namespace" or "create it again":
                namerd.SetDtab("nonesuch", CapturedWorld.Small);
                break;
            case "delete the namespace" or "delete it again":
                namerd.SetDtab("nonesuch", null);
                break;
            case "PUT" or "PUT the same":
                namerd.SetDtab("copy", $"{CapturedWorld.Small} /a => /b");
                break;
            case "DELETE" or "POST":
                namerd.SetDtab("copy", did == "POST" ? CapturedWorld.Small : null);
                break;
            case "POST fresh" or "DELETE fresh":
                namerd.SetDtab("fresh", did == "POST fresh" ? CapturedWorld.Small : null);
                break;
            case "create a file" or "delete it":
                namerd.SetFile("fresh", did == "create a file" ? "127.0.0.1 1\n" : null);
                break;
            case "web file edited":
                namerd.SetFile("plain", "127.0.0.1 8080\n");
                break;
            case "edited back":
                namerd.SetFile("plain", "127.0.0.1 8080\n127.0.0.1 8081 * 0.23\n");
                break;
            case "SIGTERM to namerd":
                _ = namerd.StopAsync(TimeSpan.FromMilliseconds(50));
                break;
            default:
                throw new ArgumentException($"'{did}' was never done before", nameof(did));
        }
    }
}
