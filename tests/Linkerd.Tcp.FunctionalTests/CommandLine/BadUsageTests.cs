namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Wrong command lines, given to the real executable: exit code 64, nothing on stdout, and a message that helps.</summary>
public sealed class BadUsageTests
{
    [Theory]
    [InlineData("error: <TARGET> is missing; expected a name such as /svc/foo")]
    [InlineData("error: an argument is empty; expected <TARGET>", "")]
    [InlineData("error: unexpected '/b' after <TARGET> '/a'; expected one target", "/a", "/b")]
    [InlineData("error: <TARGET> 'svc/foo': simple expected but 's' found at '[s]vc/foo'", "svc/foo")]
    [InlineData("error: <TARGET> '/svc/': label char expected but end of input found at '/svc/[]'", "/svc/")]
    [InlineData("error: <TARGET> '/svc/a b': end of input expected but 'b' found at '/svc/a [b]'", "/svc/a b")]
    [InlineData("error: <TARGET> '/': '/' leads nowhere", "/")]
    [InlineData("error: <TARGET> '/svc/a & /$/inet/1.2.3.4/80': '/svc/a' is a name for namerd", "/svc/a & /$/inet/1.2.3.4/80")]
    [InlineData("error: <TARGET> '1e3 * /$/nil': '*' expected but 'e' found", "1e3 * /$/nil")]
    [InlineData("error: unknown option '--listen-adr'; did you mean --listen-addr?", "--listen-adr", "127.0.0.1:80", "/a")]
    [InlineData("error: unknown option '--connect'; did you mean --connect-timeout?", "--connect=1s", "/a")]
    [InlineData("error: unknown option '-x'", "-x", "/a")]
    [InlineData("error: unknown option '--quux'", "--quux", "/a")]
    [InlineData("error: --listen-addr has no value; expected --listen-addr <ADDR>", "/a", "-l")]
    [InlineData("error: --listen-addr is given 2 times; expected at most once", "-l", "1.2.3.4:5", "--listen-addr", "1.2.3.4:6", "/a")]
    [InlineData("error: -l '': expected a value that is not empty", "-l", "", "/a")]
    [InlineData("error: --namerd-addr '': expected a value that is not empty", "--namerd-addr=", "/a")]
    [InlineData("error: --listen-addr 'localhost:7575': 'localhost' is not an IP address", "-l", "localhost:7575", "/a")]
    [InlineData("error: --listen-addr '7575': the port is missing; expected an IP address and a port", "-l", "7575", "/a")]
    [InlineData("error: --namerd-addr 'namerd:http': 'namerd:http' has the port 'http': expected a number from 1 to 65535", "-n", "namerd:http", "/a")]
    [InlineData("error: --namerd-interval '0': expected a whole number of seconds from 1 to 86400", "-i", "0", "/a")]
    [InlineData("error: --namerd-interval '-5': expected a whole number of seconds from 1 to 86400", "-i", "-5", "/a")]
    [InlineData("error: --namerd-ns 'a b': expected a namespace, such as default", "-N", "a b", "/a")]
    [InlineData("error: --window-size-kb '65537': expected a whole number of KB from 1 to 65536", "-w", "65537", "/a")]
    [InlineData("error: --window-size-kb '64K': expected a whole number of KB", "-w", "64K", "/a")]
    [InlineData("error: --poll=no: --poll takes no value", "--poll=no", "/a")]
    [InlineData("error: --connect-timeout '10': a number needs a unit; expected a duration such as 10s", "--connect-timeout", "10", "/a")]
    [InlineData("error: --attempt-timeout '0s': expected a duration of more than zero, or off", "--attempt-timeout", "0s", "/a")]
    [InlineData("error: --idle-timeout '9999999h': too long; expected a duration of at most 1000h", "--idle-timeout", "9999999h", "/a")]
    [InlineData("error: --half-close-timeout '1d': expected a duration", "--half-close-timeout", "1d", "/a")]
    [InlineData("error: --lifetime 'never': expected a duration", "--lifetime", "never", "/a")]
    [InlineData("error: --max-sessions '0': expected a whole number of sessions from 1 to", "--max-sessions", "0", "/a")]
    [InlineData("error: --balancer 'fair': expected one of p2c, peakEwma, leastConnections, roundRobin, random, maglev", "--balancer", "fair", "/a")]
    [InlineData("error: --max-connections-per-endpoint '0': expected a whole number of connections, or off, from 1 to", "--max-connections-per-endpoint", "0", "/a")]
    [InlineData("error: --max-waiters '-1': expected a whole number of sessions from 0 to", "--max-waiters", "-1", "/a")]
    [InlineData("error: --min-connections 'some': expected a whole number of connections from 0 to", "--min-connections", "some", "/a")]
    [InlineData("error: --slow-start '10': a number needs a unit", "--slow-start", "10", "/a")]
    [InlineData("error: --fail-fast '5,5': a number needs a unit; expected a duration such as 5s", "--fail-fast", "5,5", "/a")]
    [InlineData("error: --retries 'two': expected a whole number of attempts from 0 to 1000", "--retries", "two", "/a")]
    [InlineData("error: --active-check '0s': expected a duration of more than zero, or off", "--active-check", "0s", "/a")]
    [InlineData(@"error: --check-send '\q': expected \r, \n, \t, \\ or \x and two hexadecimal digits", "--check-send", @"\q", "/a")]
    [InlineData("error: --transport 'io_uring': expected auto, epoll or sockets", "--transport", "io_uring", "/a")]
    [InlineData("error: --transport 'Epoll': expected auto, epoll or sockets", "--transport", "Epoll", "/a")]
    [InlineData("error: --loops '0': expected a whole number of loops from 1 to 1024", "--loops", "0", "/a")]
    [InlineData("error: --loops 'all': expected a whole number of loops from 1 to 1024", "--loops", "all", "/a")]
    [InlineData("error: --grace '5': a number needs a unit", "--grace", "5", "/a")]
    [InlineData("error: --stats '10s': expected a whole number of seconds from 1 to 86400", "--stats", "10s", "/a")]
    public async Task CommandLine_Wrong_ExitsWith64AndSaysWhy(string expected, params string[] arguments)
    {
        await using var process = await Executable.RunAsync(arguments);
        Assert.Equal(64, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith(expected, process.Error.Text, StringComparison.Ordinal);
        Assert.Contains("USAGE: linkerd-tcp [OPTIONS] <TARGET>", process.Error.Text, StringComparison.Ordinal);
        Assert.Empty(process.Output.Text);
        Assert.DoesNotContain("   at ", process.Error.Text, StringComparison.Ordinal);
    }
}
