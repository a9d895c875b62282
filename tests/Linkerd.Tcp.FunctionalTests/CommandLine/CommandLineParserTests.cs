using System.Net;
using Linkerd.Tcp.Cli;
using Linkerd.Tcp.Namerd;

namespace Linkerd.Tcp.FunctionalTests;

public sealed class CommandLineParserTests
{
    [Fact]
    public void Parse_TargetAlone_HasTheDefaults()
    {
        var settings = Run("/svc/foo");
        Assert.Equal(NameTree.Parse("/svc/foo"), settings.Naming.Target);
        Assert.False(settings.Naming.IsLocal);
        Assert.Equal([IPEndPoint.Parse("0.0.0.0:7575")], settings.Listen);
        Assert.Equal([new Uri("http://127.0.0.1:4180")], settings.Naming.NamerdAddresses);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Naming.NamerdInterval);
        Assert.Equal("default", settings.Naming.NamerdNamespace);
        Assert.Equal(64, settings.WindowSizeKb);
        Assert.Equal(NamerdMode.Bind, settings.Naming.NamerdMode);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.ConnectTimeout);
        Assert.Equal(TimeSpan.FromSeconds(3), settings.AttemptTimeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.IdleTimeout);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.HalfCloseTimeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.Lifetime);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.TcpUserTimeout);
        Assert.Null(settings.MaxSessions);
        Assert.Null(settings.Backlog);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Grace);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.Stats);
    }

    [Fact]
    public void Parse_ShortOptions_AreTheOriginals()
    {
        var settings = Run("-i", "10", "-n", "namerd.example.com:4180", "-N", "mynamespace", "-l", "127.0.0.1:7474", "-w", "16", "/svc/targetsvc");
        Assert.Equal([new Uri("http://namerd.example.com:4180")], settings.Naming.NamerdAddresses);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Naming.NamerdInterval);
        Assert.Equal("mynamespace", settings.Naming.NamerdNamespace);
        Assert.Equal([IPEndPoint.Parse("127.0.0.1:7474")], settings.Listen);
        Assert.Equal(16, settings.WindowSizeKb);
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
        Assert.Equal(NamerdMode.Poll, settings.Naming.NamerdMode);
        Assert.Equal(TimeSpan.FromSeconds(1), settings.ConnectTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(250), settings.AttemptTimeout);
        Assert.Equal(TimeSpan.FromMinutes(5), settings.IdleTimeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.HalfCloseTimeout);
        Assert.Equal(TimeSpan.FromHours(1), settings.Lifetime);
        Assert.Equal(TimeSpan.FromSeconds(45), settings.TcpUserTimeout);
        Assert.Equal(7, settings.MaxSessions);
        Assert.Equal(100, settings.Backlog);
        Assert.Equal(TimeSpan.Zero, settings.Grace);
        Assert.Equal(TimeSpan.FromSeconds(5), settings.Stats);
    }

    [Theory]
    [InlineData("/$/inet/127.0.0.1/80")]
    [InlineData("3 * /$/inet/10.0.0.1/80 & 1 * /$/inet/10.0.0.2/80")]
    [InlineData("/$/nil")]
    [InlineData("/$/inet/127.0.0.1/80 | (2 * /$/nil & 1 * !) | ~")]
    [InlineData("$")]
    public void Parse_NamesUnderDollar_AreForTheEmbeddedInterpreter(string target) => Assert.True(Run(target).Naming.IsLocal);

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

    private static ProxySettings Run(params string[] args) => Assert.IsType<ParsedCommandLine.Run>(CommandLineParser.Parse(args)).Settings;
}
