using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>What the recorded namerd was run with, and what was done to it while its streams were recorded.</summary>
internal static class MeshCapturedWorld
{
    public const string Streamed = "/svc => /#/io.l5d.fs ;";

    private const string Default = """
        /svc           => /#/io.l5d.fs ;
        /svc/web       => 9 * /#/io.l5d.fs/web1 & 1 * /#/io.l5d.fs/web2 ;
        /svc/nope      => ~ ;       /svc/fail => ! ;       /svc/empty => $ ;       /svc/nil => /$/nil ;
        /svc/klass     => /$/no.such.Klass/x ;             /svc/loop => /svc/loop ;
        /svc/nested    => 0.5 * (1 * /#/io.l5d.fs/web1 & 3 * /#/io.l5d.fs/web2) & 0.5 * /#/io.l5d.fs/web3 ;
        """;

    public static async Task<NamerdStandIn> StartAsync()
    {
        var namerd = await NamerdStandIn.StartAsync();
        namerd.SetDtab("default", Default);
        namerd.SetDtab("small", "/svc => /#/io.l5d.fs ;");
        namerd.SetTransformer("/$/inet/127.0.0.1/7777");
        namerd.SetFile("plain", "127.0.0.1 8080\n127.0.0.1 8081 * 0.23\n");
        namerd.SetFile("web1", "127.0.0.1 9001\n127.0.0.1 9002\n");
        namerd.SetFile("web2", "127.0.0.1 9003\n");
        namerd.SetFile("web3", "127.0.0.1 9004 * 2\n");
        namerd.SetFile("empty", "");
        namerd.SetFile("bad", "127.0.0.1 1\nbad line here\n");
        namerd.SetFile("odd", "no-such-host.invalid 1\n127.0.0.1 2\n");
        namerd.SetFile("dir/leaf", "127.0.0.1 7000\n");
        namerd.SetFile("streamed", "127.0.0.1 1\n");

        // It had been written so often when its stream was recorded.
        for (var i = 0; i < 5; i++)
        {
            namerd.SetDtab("streamed", Streamed);
        }

        return namerd;
    }

    public static void Do(NamerdStandIn namerd, string did)
    {
        switch (did)
        {
            case "two addresses":
                namerd.SetFile("streamed", "127.0.0.1 1\n127.0.0.1 2 * 0.5\n");
                break;
            case "bad line":
                namerd.SetFile("streamed", "127.0.0.1 1\nx\n");
                break;
            case "delete":
                namerd.SetFile("streamed", null);
                break;
            case "create":
                namerd.SetFile("streamed", "127.0.0.1 1\n");
                break;
            case "union":
                namerd.SetDtab("streamed", "/svc/plain => 3 * /#/io.l5d.fs/web1 & 1 * /#/io.l5d.fs/web2 ;");
                break;
            case "a loop":
                namerd.SetDtab("streamed", "/svc => /svc ;");
                break;
            case "back":
                namerd.SetDtab("streamed", Streamed);
                break;
            case "PUT":
                namerd.SetDtab("streamed", Streamed + " /a => /b ;");
                break;
            case "DELETE":
                namerd.SetDtab("streamed", null);
                break;
            default:
                throw new ArgumentException($"'{did}' was never done before", nameof(did));
        }
    }
}
