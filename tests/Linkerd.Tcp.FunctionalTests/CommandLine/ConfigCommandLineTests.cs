using Linkerd.Tcp.Cli.CommandLine;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The command line of <c>config show</c>, <c>schema</c> and <c>reference</c>.</summary>
public sealed class ConfigCommandLineTests
{
    private static readonly string[] ManyOptions =
    [
        "-l", "8080", "-l", "[::1]:8443", "-w", "128", "--dtab", "/svc => /#/io.l5d.dns ; /svc/api => 9 * /$/inet/api/80 & 1 * /$/inet/canary/80", "--connect-timeout", "2s", "--fail-fast", "3,1s",
        "--active-check", "1s", "--check-send", "AUTH secret\\r\\n", "--accept-proxy", "10.0.0.0/8,::1", "--server-tls", "--server-ca", "/etc/ssl/ca.pem", "--server-tls-name", "{sni}", "--sni-route", "*.example.com=/svc/{1}", "--balancer", "maglev",
        "--hash-balance-factor", "150", "/svc/api",
    ];

    [Fact]
    public void Show_ManyOptions_IsTheGoldenFile() => Assert.Equal(Golden("config-show-options.yml"), Text(["config", "show", .. ManyOptions]));

    [Fact]
    public void Show_Secrets_ArePrintedIfAskedFor()
    {
        var text = Text(["config", "show", "--secrets", .. ManyOptions]);
        Assert.Contains(@"send: ""AUTH secret\\r\\n""", text, StringComparison.Ordinal);
        Assert.DoesNotContain("***", text, StringComparison.Ordinal);
        Assert.Contains("\"send\": \"***\"", Text(["config", "show", "--json", .. ManyOptions]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config")]
    [InlineData("config", "shw")]
    [InlineData("config", "schema", "more")]
    [InlineData("config", "show")]
    [InlineData("config", "show", "--jsn", "/svc/web")]
    public void Parse_Wrong_IsAUsageError(params string[] args) => Assert.StartsWith("USAGE: linkerd-tcp config", Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(args)).Usage, StringComparison.Ordinal);

    [Theory]
    [InlineData("config", "--help")]
    [InlineData("config", "show", "--help")]
    [InlineData("config", "show", "--json", "-h")]
    [InlineData("config", "schema", "--help")]
    public void Parse_Help_IsThatOfConfig(params string[] args) => Assert.Equal(Golden("config-help.txt"), Text(args));

    private static string Golden(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file));

    private static string Text(params string[] args) => Assert.IsType<ParsedCommandLine.ShowText>(CommandLineParser.Parse(args)).Text;
}
