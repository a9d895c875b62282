using System.Net;
using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.FunctionalTests;

public sealed class CommandLineParserTests
{
    [Fact]
    public void Parse_TargetAlone_HasTheDefaults()
    {
        var settings = Run("/svc/foo");
        Assert.Equal(NameTree.Parse("/svc/foo"), settings.Target);
        Assert.False(settings.IsLocal);
        Assert.Equal([IPEndPoint.Parse("0.0.0.0:7575")], settings.Listen);
        Assert.Equal([new Uri("http://127.0.0.1:4180")], settings.Namerd.BaseAddresses);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Namerd.Period);
        Assert.Equal("default", settings.Namerd.Namespace);
        Assert.Equal(64, settings.Process.BufferSizeBytes / 1024);
        Assert.Equal(NamerdMode.Bind, settings.Namerd.Mode);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Server.ConnectTimeout);
        Assert.Equal(TimeSpan.FromSeconds(3), settings.Destination.Connect!.AttemptTimeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.Server.IdleTimeout);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Server.HalfCloseTimeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.Server.ConnectionLifetime);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.Process.TcpUserTimeout);
        Assert.Null(settings.Process.MaxSessions);
        Assert.Null(settings.Server.Backlog);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Process.Grace);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.Process.StatsInterval);
    }

    [Fact]
    public void Parse_ShortOptions_AreTheOriginals()
    {
        var settings = Run("-i", "10", "-n", "namerd.example.com:4180", "-N", "mynamespace", "-l", "127.0.0.1:7474", "-w", "16", "/svc/targetsvc");
        Assert.Equal([new Uri("http://namerd.example.com:4180")], settings.Namerd.BaseAddresses);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Namerd.Period);
        Assert.Equal("mynamespace", settings.Namerd.Namespace);
        Assert.Equal([IPEndPoint.Parse("127.0.0.1:7474")], settings.Listen);
        Assert.Equal(16, settings.Process.BufferSizeBytes / 1024);
    }

    [Theory]
    [InlineData("-l", "[::1]:80", "/a")]
    [InlineData("-l[::1]:80", "/a")]
    [InlineData("-l=[::1]:80", "/a")]
    [InlineData("--listen-addr", "[::1]:80", "/a")]
    [InlineData("--listen-addr=[::1]:80", "/a")]
    [InlineData("/a", "--listen-addr=[::1]:80")]
    [InlineData("--listen-addr=[::1]:80", "--", "/a")]
    public void Parse_EveryWayToWriteAnOption_IsUnderstood(params string[] args) =>
        Assert.Equal([IPEndPoint.Parse("[::1]:80")], Run(args).Listen);

    [Fact]
    public void Parse_ListenAddressesGivenSeveralTimes_AreAllOfThemInOrder()
    {
        var settings = Run("-l", "7575", "--listen-addr=[::]:7575", "-l:7576", "-l", "127.0.0.1:0", "/svc/foo", "-l", "127.0.0.1:0");
        Assert.Equal(
            ["0.0.0.0:7575", "[::]:7575", "0.0.0.0:7576", "127.0.0.1:0", "127.0.0.1:0"],
            settings.Listen.Select(address => address.ToString()));
    }

    [Fact]
    public void Parse_LongOptions_AreRead()
    {
        var settings = Run(
            "--poll", "--connect-timeout", "1s", "--attempt-timeout", "250ms", "--idle-timeout", "5m", "--half-close-timeout", "off",
            "--lifetime", "1h", "--tcp-user-timeout", "45s", "--max-sessions", "7", "--backlog", "100", "--grace", "0s", "--stats", "5", "/svc/foo");
        Assert.Equal(NamerdMode.Poll, settings.Namerd.Mode);
        Assert.Equal(TimeSpan.FromSeconds(1), settings.Server.ConnectTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(250), settings.Destination.Connect!.AttemptTimeout);
        Assert.Equal(TimeSpan.FromMinutes(5), settings.Server.IdleTimeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.Server.HalfCloseTimeout);
        Assert.Equal(TimeSpan.FromHours(1), settings.Server.ConnectionLifetime);
        Assert.Equal(TimeSpan.FromSeconds(45), settings.Process.TcpUserTimeout);
        Assert.Equal(7, settings.Process.MaxSessions);
        Assert.Equal(100, settings.Server.Backlog);
        Assert.Equal(TimeSpan.Zero, settings.Process.Grace);
        Assert.Equal(TimeSpan.FromSeconds(5), settings.Process.StatsInterval);
    }

    [Theory]
    [InlineData("/$/inet/127.0.0.1/80")]
    [InlineData("3 * /$/inet/10.0.0.1/80 & 1 * /$/inet/10.0.0.2/80")]
    [InlineData("/$/nil")]
    [InlineData("/$/inet/127.0.0.1/80 | (2 * /$/nil & 1 * !) | ~")]
    [InlineData("$")]
    public void Parse_NamesUnderDollar_AreForTheEmbeddedInterpreter(string target) => Assert.True(Run(target).IsLocal);

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    [InlineData("-hV")]
    [InlineData("--nonsense", "-h")]
    public void Parse_Help_WinsOverEverything(params string[] args) => Assert.Contains("USAGE: ", Assert.IsType<ParsedCommandLine.ShowText>(CommandLineParser.Parse(args)).Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("-V")]
    [InlineData("--version")]
    public void Parse_Version_IsAsked(params string[] args) => Assert.StartsWith("linkerd-tcp ", Assert.IsType<ParsedCommandLine.ShowText>(CommandLineParser.Parse(args)).Text, StringComparison.Ordinal);

    [Fact]
    public void Parse_SeveralErrors_AreAllTold()
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["-w", "x", "--grace", "1"]));
        Assert.Equal(3, wrong.Errors.Count);
    }

    private static ParsedProxy Run(params string[] args) => ParsedProxy.Of(args);
}
