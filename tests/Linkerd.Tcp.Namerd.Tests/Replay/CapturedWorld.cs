using System.Text.Json;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>What the recorded namerd was run with.</summary>
internal static class CapturedWorld
{
    public const string Small = "/svc => /#/io.l5d.fs ;";
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

    private static readonly string[] SlowHosts = [.. Enumerable.Range(1, 7).Select(i => $"slow{i}.example")];

    public static void Furnish(NamerdStandIn namerd, Capture capture)
    {
        namerd.SetDtab("default", Default);
        namerd.SetDtab("small", Small);
        namerd.SetDtab("copy", Small);
        FurnishFiles(namerd);
        foreach (var host in SlowHosts)
        {
            namerd.SetHost(host, null);
        }

        // What is in the lists of some captures was not there for others.
        if (capture.From == "dtabs")
        {
            namerd.SetDtab("cont", string.Empty);
        }

        if (capture.From == "pending")
        {
            namerd.SetFile("slow", "slow7.example 80\n");
        }

        if (capture.From == "watch")
        {
            namerd.SetFile("w", FirstAddresses(capture) ?? "127.0.0.1 1001\n");
        }

        if (capture.Name.Contains("transformed", StringComparison.Ordinal))
        {
            namerd.SetTransformer("/$/inet/127.0.0.1/7777");
        }
    }

    /// <summary>The files as the interpreter's questions too were asked with them.</summary>
    public static void FurnishFiles(NamerdStandIn namerd)
    {
        namerd.SetFile("plain", "127.0.0.1 8080\n127.0.0.1 8081 * 0.23\n");
        namerd.SetFile("web1", "127.0.0.1 9001\n127.0.0.1 9002\n");
        namerd.SetFile("web2", "127.0.0.1 9003\n");
        namerd.SetFile("web3", "127.0.0.1 9004 * 2\n");
        namerd.SetFile("empty", string.Empty);
        namerd.SetFile("comment", "# a comment\n");
        namerd.SetFile("bad", "127.0.0.1 1\nbad line here\n");
        namerd.SetFile("dir/leaf", "127.0.0.1 7000\n");

        // Two whose content was not written down are what they were seen to be.
        namerd.SetFile("many", FirstAddresses(Capture.Get("delegate: delegate /svc/many")));
        namerd.SetFile("odd", FirstAddresses(Capture.Get("delegate: delegate /svc/odd")));
    }

    /// <summary>What came and what was done, and also what was done without being written down: a watch saw the file of the recording before it.</summary>
    public static IEnumerable<CapturedStep> StepsOf(Capture capture)
    {
        foreach (var step in capture.Steps)
        {
            yield return step;
            if (capture.Name == "addr file edits" && step.Data?.Contains("1009", StringComparison.Ordinal) == true)
            {
                yield return new CapturedStep(null, "write in place: one address");
            }
        }
    }

    /// <summary>The slow DNS gives up, as it did after twelve seconds.</summary>
    public static void SettleDns(NamerdStandIn namerd)
    {
        foreach (var host in SlowHosts)
        {
            namerd.SetHost(host);
        }
    }

    /// <summary>The first address set that came, as the file that it comes from.</summary>
    private static string? FirstAddresses(Capture capture)
    {
        const string Start = "\"addrs\":";
        var bytes = string.Concat(capture.Reads);
        var start = bytes.IndexOf(Start, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        var addresses = bytes[(start + Start.Length)..];
        using var json = JsonDocument.Parse(addresses[..(addresses.IndexOf(']', StringComparison.Ordinal) + 1)]);
        return string.Concat(json.RootElement.EnumerateArray().Select(entry =>
            $"{entry.GetProperty("ip").GetString()} {entry.GetProperty("port")}{(entry.GetProperty("meta").TryGetProperty("endpoint_addr_weight", out var weight) ? $" * {weight}" : string.Empty)}\n"));
    }
}
