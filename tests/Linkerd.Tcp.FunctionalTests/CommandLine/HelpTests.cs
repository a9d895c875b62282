namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What the real executable prints about itself.</summary>
public sealed class HelpTests
{
    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    public async Task Help_Asked_HasTheOriginalsOptionsInOrderThenOurs(string option)
    {
        await using var process = await Executable.RunAsync(option);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Empty(process.Error.Text);
        var text = process.Output.Text;
        var position = 0;
        foreach (var part in (string[])[
            "USAGE: linkerd-tcp [OPTIONS] <TARGET>",
            "    -h, --help ",
            "    -V, --version ",
            "    -l, --listen-addr <ADDR>        Accept connections on the given local address and port [default: 0.0.0.0:7575]\n",
            "    -n, --namerd-addr <ADDR>        The address of namerd's HTTP interface [default: 127.0.0.1:4180]\n",
            "    -i, --namerd-interval <SECS>    Namerd refresh interval in seconds [default: 60]\n",
            "    -N, --namerd-ns <NS>            Namerd namespace in which the target will be resolved [default: default]\n",
            "    -w, --window-size-kb <KB> ",
            "[default: 64]\n",
            "    <TARGET>    Destination name (e.g. /svc/foo) to be resolved through namerd",
            "COMMANDS ",
            "linkerd-tcp resolve <NAME> ",
            "linkerd-tcp dtab check <FILE|-> ",
            "--disco <DIR> ",
            "--dtab <DTAB> ",
            "--namerd-mode <MODE> ",
            "[default: bind]",
            "--poll ",
            "--namerd-dtab <DTAB> ",
            "--namerd-max-age <DURATION> ",
            "[default: 10m]",
            "--namerd-ca <FILE> ",
            "--namerd-cert <FILE> ",
            "--namerd-key <FILE> ",
            "--namerd-server-name <NAME> ",
            "--state-dir <DIR> ",
            "--connect-timeout <DURATION> ",
            "[default: 10s]",
            "--attempt-timeout <DURATION> ",
            "[default: 3s]",
            "--idle-timeout <DURATION> ",
            "[default: off]",
            "--half-close-timeout <DURATION> ",
            "[default: 60s]",
            "--lifetime <DURATION> ",
            "[default: off]",
            "--tcp-user-timeout <DURATION> ",
            "[default: off]",
            "--max-sessions <N> ",
            "[default: auto]",
            "--backlog <N> ",
            "[default: auto]",
            "--accept-proxy <CIDR[,...]> ",
            "[default: off]",
            "--send-proxy <v1|v2> ",
            "[default: off]",
            "--allow-client <CIDR[,...]> ",
            "[default: off]",
            "--deny-client <CIDR[,...]> ",
            "[default: off]",
            "--balancer <KIND> ",
            "[default: p2c]",
            "--max-connections-per-endpoint <N> ",
            "[default: off]",
            "--max-waiters <N> ",
            "[default: 1000]",
            "--min-connections <N> ",
            "[default: 0]",
            "--slow-start <DURATION> ",
            "[default: 10s]",
            "--fail-fast <off|FAILURES[,PENALTY]> ",
            "[default: 5,5s]",
            "--retries <N> ",
            "[default: 2]",
            "--active-check <INTERVAL> ",
            "[default: off]",
            "--check-send <TEXT> ",
            "[default: off]",
            "--check-expect <TEXT> ",
            "[default: off]",
            "--transport <ENGINE> ",
            "[default: auto]",
            "--loops <N> ",
            "[default: auto]",
            "--grace <DURATION> ",
            "[default: 10s]",
            "--stats <SECS> ",
            "[default: off]",
            "TLS ",
            "--tls-cert <FILE> ",
            "--tls-key <FILE> ",
            "--tls-passphrase-file <FILE> ",
            "--tls-client-ca <FILE[,...]> ",
            "--tls-client-auth <request|require> ",
            "--tls-client-names <NAME[,...]> ",
            "--tls-alpn <NAME[,...]> ",
            "--tls-min <1.2|1.3> ",
            "[default: 1.2]",
            "--tls-truncation <pass|fin|reset> ",
            "[default: pass]",
            "--tls-handshake-rate <N> ",
            "--server-tls ",
            "--server-tls-name <NAME> ",
            "--server-ca <FILE[,...]> ",
            "--server-names <NAME[,...]> ",
            "--server-cert <FILE> ",
            "--server-key <FILE> ",
            "--server-passphrase-file <FILE> ",
            "--server-alpn <NAME[,...]> ",
            "--server-tls-min <1.2|1.3> ",
            "--server-tls-truncation <pass|fin|reset> ",
            "--server-tls-insecure ",
            "--sni-route <PATTERN=TREE> ",
            "LINKERD_TCP_LOG",
        ])
        {
            var found = text.IndexOf(part, position, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{part}' is missing or out of order in:\n{text}");
            position = found + part.Length;
        }
    }

    [Theory]
    [InlineData("USAGE: linkerd-tcp resolve [OPTIONS] <NAME>", "resolve", "--help")]
    [InlineData("USAGE: linkerd-tcp resolve [OPTIONS] <NAME>", "resolve", "/svc/web", "-h")]
    [InlineData("USAGE: linkerd-tcp dtab check <FILE|->", "dtab", "--help")]
    [InlineData("USAGE: linkerd-tcp dtab check <FILE|->", "dtab", "check", "-h")]
    public async Task Help_AskedOfACommand_IsItsOwn(string usage, params string[] arguments)
    {
        await using var process = await Executable.RunAsync(arguments);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Empty(process.Error.Text);
        Assert.Contains(usage, process.Output.Text, StringComparison.Ordinal);
        Assert.Contains("EXIT CODES:", process.Output.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-V")]
    [InlineData("--version")]
    public async Task Version_Asked_IsNameAndNumber(string option)
    {
        await using var process = await Executable.RunAsync(option);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Matches(@"^linkerd-tcp \d+\.\d+\.\d+(-[a-z0-9.]+)?$", process.Output.Text);
    }
}
