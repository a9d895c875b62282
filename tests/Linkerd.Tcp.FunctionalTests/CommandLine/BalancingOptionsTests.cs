using System.Text;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Cli.CommandLine;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The options of balancing and of failing endpoints, from the command line.</summary>
public sealed class BalancingOptionsTests
{
    [Fact]
    public void Parse_TargetAlone_HasTheDefaults()
    {
        var settings = Run();
        Assert.Equal(BalancerKind.P2c, settings.Destination.Balancer);
        Assert.Equal(((int?, int))(null, 16), settings.HashBalance);
        Assert.Null(settings.Destination.Balancing.MaxConnections);
        Assert.Equal(1000, settings.Destination.MaxPendingSessions);
        Assert.Equal(0, settings.Destination.Preconnect.Connections);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Destination.Balancing.SlowStart.Window);
        Assert.Equivalent(new CircuitBreakerOptions(), settings.Destination.Balancing.Breaker, strict: true);
        Assert.Equal(1 + 2, settings.Destination.Connect!.MaxAttempts);
        Assert.Null(settings.Destination.Check);
        Assert.True((settings.Destination.Check?.Send ?? default).IsEmpty);
        Assert.True((settings.Destination.Check?.Expect ?? default).IsEmpty);
    }

    [Fact]
    public void Parse_AllOfThem_AreRead()
    {
        var settings = Run(
            "--balancer", "maglev", "--hash-balance-factor", "125,0", "--max-connections-per-endpoint", "7", "--max-waiters", "0", "--min-connections", "3", "--slow-start", "30s", "--fail-fast", "2,1s",
            "--retries", "0", "--active-check", "200ms", "--check-send", @"PING\r\n", "--check-expect", "+PONG");
        Assert.Equal(BalancerKind.Maglev, settings.Destination.Balancer);
        Assert.Equal(((int?, int))(125, 0), settings.HashBalance);
        Assert.Equal(7, settings.Destination.Balancing.MaxConnections);
        Assert.Equal(0, settings.Destination.MaxPendingSessions);
        Assert.Equal(3, settings.Destination.Preconnect.Connections);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.Destination.Balancing.SlowStart.Window);
        Assert.Equal(2, settings.Destination.Balancing.Breaker.Failures);
        Assert.Equal(TimeSpan.FromSeconds(1), settings.Destination.Balancing.Breaker.InitialBackoff);
        Assert.Equal(1 + 0, settings.Destination.Connect!.MaxAttempts);
        Assert.Equal(TimeSpan.FromMilliseconds(200), settings.Destination.Check!.Interval);
        Assert.Equal("PING\r\n", Encoding.UTF8.GetString(settings.Destination.Check.Send.Span));
        Assert.Equal("+PONG", Encoding.UTF8.GetString(settings.Destination.Check.Expect.Span));
    }

    [Fact]
    public void Parse_Off_WhereItMeansSomething_IsNone()
    {
        var settings = Run("--max-connections-per-endpoint", "off", "--slow-start", "off", "--fail-fast", "off", "--active-check", "off", "--check-send", "off");
        Assert.Null(settings.Destination.Balancing.MaxConnections);
        Assert.Equal(TimeSpan.Zero, settings.Destination.Balancing.SlowStart.Window);
        Assert.Equal(0, settings.Destination.Balancing.Breaker.Failures);
        Assert.Null(settings.Destination.Check);
        Assert.True((settings.Destination.Check?.Send ?? default).IsEmpty);
    }

    [Theory]
    [InlineData("--balancer", "p3c", "expected one of p2c, peakEwma, leastConnections, roundRobin, random, maglev")]
    [InlineData("--hash-balance-factor", "100", "expected a whole number of percent, and after a comma of connections, or off; the percentage from 101 to 100000")]
    [InlineData("--hash-balance-factor", "1.25", "expected a whole number of percent, and after a comma of connections, or off; the percentage from 101 to 100000")]
    [InlineData("--hash-balance-factor", "125,-1", "expected a whole number of connections after the comma from 0 to 100000000")]
    [InlineData("--max-connections-per-endpoint", "0", "expected a whole number of connections, or off, from 1 to 100000000")]
    [InlineData("--max-connections-per-endpoint", "many", "expected a whole number of connections, or off, from 1 to 100000000")]
    [InlineData("--max-waiters", "-1", "expected a whole number of sessions from 0 to 100000000")]
    [InlineData("--max-waiters", "off", "expected a whole number of sessions from 0 to 100000000")]
    [InlineData("--min-connections", "1.5", "expected a whole number of connections from 0 to 1000000")]
    [InlineData("--slow-start", "10", "a number needs a unit; expected a duration such as 10s")]
    [InlineData("--slow-start", "0s", "expected a duration of more than zero, or off")]
    [InlineData("--fail-fast", "0", "expected a whole number of failed connects")]
    [InlineData("--fail-fast", "5,5", "a number needs a unit")]
    [InlineData("--retries", "1001", "expected a whole number of attempts from 0 to 1000")]
    [InlineData("--active-check", "0s", "expected a duration of more than zero, or off")]
    [InlineData("--active-check", "yes", "expected a duration")]
    [InlineData("--check-expect", @"\xZZ", @"expected \r, \n, \t, \\ or \x and two hexadecimal digits")]
    public void Parse_Wrong_NamesTheOptionTheValueAndWhatWasExpected(string option, string value, string expected)
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse([option, value, "/svc/foo"]));
        Assert.StartsWith($"{option} '{value}': {expected}", Assert.Single(wrong.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_AWrongSecret_IsNotInTheMessage() => Assert.Equal(
        [@"--check-send ***: expected \r, \n, \t, \\ or \x and two hexadecimal digits after each backslash"],
        Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["--check-send", @"AUTH s3cret\e", "/svc/foo"])).Errors);

    [Fact]
    public void Parse_HashBalanceFactor_FloorAndOffHaveDefaults()
    {
        Assert.Equal(((int?, int))(150, 16), Run("--balancer", "maglev", "--hash-balance-factor", "150").HashBalance);
        Assert.Equal(((int?, int))(null, 16), Run("--hash-balance-factor", "off").HashBalance);
    }

    [Fact]
    public void Parse_HashBalanceFactorWithoutMaglev_IsRefused()
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["--hash-balance-factor", "125", "/svc/foo"]));
        Assert.Equal("--hash-balance-factor means nothing without hashing; expected --balancer maglev too", Assert.Single(wrong.Errors));
    }

    private static ParsedProxy Run(params string[] args) => ParsedProxy.Of([.. args, "/svc/foo"]);
}
