using System.Globalization;
using System.Text.Json;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>What the recorded namerd was run with, and what was done to it while it was recorded.</summary>
internal static class CapturedWorld
{
    private const string Small = "/svc => /#/io.l5d.fs ;";
    private const string Default = """
        /svc           => /#/io.l5d.fs ;
        /svc/web       => 9 * /#/io.l5d.fs/web1 & 1 * /#/io.l5d.fs/web2 ;
        /svc/nope      => ~ ;       /svc/fail => ! ;       /svc/empty => $ ;       /svc/nil => /$/nil ;
        /svc/alt       => /#/io.l5d.fs/missing | /#/io.l5d.fs/web1 ;
        /svc/inet      => /$/inet/localhost/8080 ;         /svc/inetbad => /$/inet/no-such-host.invalid/8080 ;
        /svc/klass     => /$/no.such.Klass/x ;             /svc/loop => /svc/loop ;
        /svc/bump      => 0.125 * /#/io.l5d.fs/web1 & 0.001 * /#/io.l5d.fs/web2 ;
        /svc/zero      => 0 * /#/io.l5d.fs/web1 & 0 * /#/io.l5d.fs/web2 ;
        /svc/halfneg   => 3 * /#/io.l5d.fs/web1 & 7 * /#/io.l5d.fs/missing ;
        /svc/halfempty => 3 * /#/io.l5d.fs/web1 & 7 * /#/io.l5d.fs/empty ;
        /svc/nested    => 0.5 * (1 * /#/io.l5d.fs/web1 & 3 * /#/io.l5d.fs/web2) & 0.5 * /#/io.l5d.fs/web3 ;
        """;

    private static readonly string[] SlowHosts = ["slow1.example", "slow2.example", "slow6.example", "slow7.example"];

    public static void Furnish(NamerdStandIn namerd, Capture capture)
    {
        namerd.SetDtab("default", Default);
        namerd.SetDtab("small", Small);
        namerd.SetDtab("copy", Small);
        namerd.SetFile("plain", "127.0.0.1 8080\n127.0.0.1 8081 * 0.23\n");
        namerd.SetFile("web1", "127.0.0.1 9001\n127.0.0.1 9002\n");
        namerd.SetFile("web2", "127.0.0.1 9003\n");
        namerd.SetFile("web3", "127.0.0.1 9004 * 2\n");
        namerd.SetFile("empty", "");
        namerd.SetFile("comment", "# a comment\n");
        namerd.SetFile("bad", "127.0.0.1 1\nbad line here\n");
        namerd.SetFile("dir/leaf", "127.0.0.1 7000\n");
        namerd.SetFile("slow", "slow7.example 80\n");
        foreach (var host in SlowHosts)
        {
            namerd.SetHost(host, null);
        }

        // Files whose content was not written down are what they were first seen to be.
        namerd.SetFile("w", FileOf(capture) ?? "127.0.0.1 1001\n");
        namerd.SetFile("many", FileOf(capture));
    }

    /// <summary>The slow DNS gives up, as it did after twelve seconds.</summary>
    public static void SettleDns(NamerdStandIn namerd)
    {
        foreach (var host in SlowHosts)
        {
            namerd.SetHost(host);
        }
    }

    public static void Do(NamerdStandIn namerd, string did)
    {
        switch (did)
        {
            case "write in place: two addresses":
            case "write in place: same content":
                namerd.SetFile("w", "127.0.0.1 1001\n127.0.0.1 1002\n");
                break;
            case "write in place: other order":
                namerd.SetFile("w", "127.0.0.1 1002\n127.0.0.1 1001\n");
                break;
            case "write in place: empty":
                namerd.SetFile("w", "");
                break;
            case "write in place: bad line":
            case "write in place: the same bad line again":
                namerd.SetFile("w", "127.0.0.1 1001\nnonsense\n");
                break;
            case "write in place: good again, weight 2":
                namerd.SetFile("w", "127.0.0.1 1001 * 2\n");
                break;
            case "write in place: weight 3":
                namerd.SetFile("w", "127.0.0.1 1001 * 3\n");
                break;
            case "delete":
                namerd.SetFile("w", null);
                break;
            case "create":
                namerd.SetFile("w", "127.0.0.1 1006\n");
                break;
            case "delete the file":
                namerd.SetFile("w", null);
                namerd.SetFile("late", null);
                break;
            case "create the file":
                namerd.SetFile("w", "127.0.0.1 1003\n");
                namerd.SetFile("late", "127.0.0.1 1100\n");
                break;
            case "rename over from outside the directory":
            case "write in place afterwards":
                // namerd does not see these: its own defect, which a stand-in without a file system has no place for.
                break;
            case "dtab: a loop":
                namerd.SetDtab("copy", "/svc => /svc ;");
                break;
            case "dtab: back to base":
                namerd.SetDtab("copy", Small);
                break;
            case "create the namespace":
            case "create it again":
                namerd.SetDtab("nonesuch", Small);
                break;
            case "delete the namespace":
            case "delete it again":
                namerd.SetDtab("nonesuch", null);
                break;
            case "web file edited":
                namerd.SetFile("plain", "127.0.0.1 8080\n");
                break;
            case "edited back":
                namerd.SetFile("plain", "127.0.0.1 8080\n127.0.0.1 8081 * 0.23\n");
                break;
            case "SIGTERM to namerd":
                _ = namerd.StopAsync();
                break;
            default:
                throw new ArgumentException($"'{did}' was never done before", nameof(did));
        }
    }

    private static string? FileOf(Capture capture)
    {
        var line = capture.IsWatch ? HttpAnswer.Parse(string.Concat(capture.Reads)).SelectMany(answer => answer.Pieces).FirstOrDefault(piece => piece.StartsWith("{\"type\":\"bound\"", StringComparison.Ordinal)) : null;
        if (line is null)
        {
            return null;
        }

        using var json = JsonDocument.Parse(line);
        return string.Concat(json.RootElement.GetProperty("addrs").EnumerateArray()
            .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.GetProperty("ip").GetString()} {entry.GetProperty("port").GetInt32()}\n")));
    }
}
