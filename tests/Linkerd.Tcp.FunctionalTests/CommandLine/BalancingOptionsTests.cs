using System.Text;
using Linkerd.Tcp.Cli;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The options of balancing and of failing endpoints, from the command line.</summary>
public sealed class BalancingOptionsTests
{
    [Fact]
    public void Parse_TargetAlone_HasTheDefaults()
    {
        var settings = Run();
        Assert.Equal(BalancerKind.P2c, settings.Balancer);
        Assert.Equal(new HashBalance(null, 16), settings.HashBalance);
        Assert.Null(settings.MaxConnectionsPerEndpoint);
        Assert.Equal(1000, settings.MaxWaiters);
        Assert.Equal(0, settings.MinConnections);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.SlowStart);
        Assert.Equivalent(new CircuitBreakerOptions(), settings.FailFast, strict: true);
        Assert.Equal(2, settings.Retries);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.ActiveCheck);
        Assert.True(settings.CheckSend.IsEmpty);
        Assert.True(settings.CheckExpect.IsEmpty);
    }

    [Fact]
    public void Parse_AllOfThem_AreRead()
    {
        var settings = Run(
            "--balancer", "maglev", "--hash-balance-factor", "125,0", "--max-connections-per-endpoint", "7", "--max-waiters", "0", "--min-connections", "3", "--slow-start", "30s", "--fail-fast", "2,1s",
            "--retries", "0", "--active-check", "200ms", "--check-send", @"PING\r\n", "--check-expect", "+PONG");
        Assert.Equal(BalancerKind.Maglev, settings.Balancer);
        Assert.Equal(new HashBalance(125, 0), settings.HashBalance);
        Assert.Equal(7, settings.MaxConnectionsPerEndpoint);
        Assert.Equal(0, settings.MaxWaiters);
        Assert.Equal(3, settings.MinConnections);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.SlowStart);
        Assert.Equal(2, settings.FailFast.Failures);
        Assert.Equal(TimeSpan.FromSeconds(1), settings.FailFast.FirstBackoff);
        Assert.Equal(0, settings.Retries);
        Assert.Equal(TimeSpan.FromMilliseconds(200), settings.ActiveCheck);
        Assert.Equal("PING\r\n", Encoding.UTF8.GetString(settings.CheckSend.Span));
        Assert.Equal("+PONG", Encoding.UTF8.GetString(settings.CheckExpect.Span));
    }

    [Fact]
    public void Parse_Off_WhereItMeansSomething_IsNone()
    {
        var settings = Run("--max-connections-per-endpoint", "off", "--slow-start", "off", "--fail-fast", "off", "--active-check", "off", "--check-send", "off");
        Assert.Null(settings.MaxConnectionsPerEndpoint);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.SlowStart);
        Assert.Equal(0, settings.FailFast.Failures);
        Assert.Equal(Timeout.InfiniteTimeSpan, settings.ActiveCheck);
        Assert.True(settings.CheckSend.IsEmpty);
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
    [InlineData("--check-send", @"PING\e", @"expected \r, \n, \t, \\ or \x and two hexadecimal digits")]
    [InlineData("--check-expect", @"\xZZ", @"expected \r, \n, \t, \\ or \x and two hexadecimal digits")]
    public void Parse_Wrong_NamesTheOptionTheValueAndWhatWasExpected(string option, string value, string expected)
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse([option, value, "/svc/foo"]));
        Assert.StartsWith($"{option} '{value}': {expected}", Assert.Single(wrong.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_HashBalanceFactor_FloorAndOffHaveDefaults()
    {
        Assert.Equal(new HashBalance(150, 16), Run("--balancer", "maglev", "--hash-balance-factor", "150").HashBalance);
        Assert.Equal(new HashBalance(null, 16), Run("--hash-balance-factor", "off").HashBalance);
    }

    [Fact]
    public void Parse_HashBalanceFactorWithoutMaglev_IsRefused()
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["--hash-balance-factor", "125", "/svc/foo"]));
        Assert.Equal("--hash-balance-factor means nothing without hashing; expected --balancer maglev too", Assert.Single(wrong.Errors));
    }

    private static ProxySettings Run(params string[] args) =>
        Assert.IsType<ParsedCommandLine.Run>(CommandLineParser.Parse([.. args, "/svc/foo"])).Settings;
}
