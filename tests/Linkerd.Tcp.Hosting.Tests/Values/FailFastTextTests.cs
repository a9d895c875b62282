using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Hosting.Values;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class FailFastTextTests
{
    [Theory]
    [InlineData("5,5s", 5, 5_000)]
    [InlineData("1", 1, 5_000)]
    [InlineData("3,500ms", 3, 500)]
    [InlineData("1000000,1m", 1_000_000, 60_000)]
    public void Parse_FailuresAndPenalty_AreThose(string text, int failures, long milliseconds)
    {
        var options = FailFastText.Parse(text);
        Assert.Equal(failures, options.Failures);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), options.InitialBackoff);
        Assert.Equal(new CircuitBreakerOptions().MaxBackoff, options.MaxBackoff);
    }

    [Fact]
    public void Parse_PenaltyAboveTheLongestBackoff_RaisesIt()
    {
        var options = FailFastText.Parse("5,1h");
        Assert.Equal(TimeSpan.FromHours(1), options.InitialBackoff);
        Assert.Equal(TimeSpan.FromHours(1), options.MaxBackoff);
    }

    [Fact]
    public void Parse_Off_TurnsTheBreakerOff() => Assert.Equal(0, FailFastText.Parse("off").Failures);

    [Fact]
    public void Parse_TheDefault_IsTheLibrarys() => Assert.Equivalent(new CircuitBreakerOptions(), FailFastText.Parse("5,5s"), strict: true);

    [Theory]
    [InlineData("0", "expected a whole number of failed connects, and after a comma a duration, or off; the number from 1 to 1000000")]
    [InlineData("", "expected a whole number of failed connects")]
    [InlineData("-1", "expected a whole number of failed connects")]
    [InlineData("1000001", "from 1 to 1000000")]
    [InlineData("five", "expected a whole number of failed connects")]
    [InlineData(",5s", "expected a whole number of failed connects")]
    [InlineData("OFF", "expected a whole number of failed connects")]
    [InlineData("5,", "a number needs a unit")]
    [InlineData("5,5", "a number needs a unit; expected a duration such as 5s")]
    [InlineData("5,0s", "expected a duration of more than zero")]
    [InlineData("5,5s,6s", "expected a duration")]
    [InlineData("5,off", "a penalty of 'off' means nothing; expected such as 5,10s, or off alone")]
    public void Parse_AnythingElse_SaysWhatWasExpected(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidValueException>(() => FailFastText.Parse(text)).Message, StringComparison.Ordinal);
}
