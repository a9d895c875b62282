using Linkerd.Tcp.Hosting.Values;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("5m", 300_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1000h", 3_600_000_000)]
    [InlineData("3600000000ms", 3_600_000_000)]
    [InlineData("007s", 7_000)]
    public void Parse_NumberAndUnit_IsThatLong(string text, long milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), DurationText.Parse(text));

    [Fact]
    public void Parse_Off_IsInfinite() => Assert.Equal(Timeout.InfiniteTimeSpan, DurationText.Parse("off"));

    [Fact]
    public void Parse_ZeroWhereItMeansSomething_IsZero() => Assert.Equal(TimeSpan.Zero, DurationText.Parse("0s", allowZero: true));

    [Theory]
    [InlineData("10", "a number needs a unit")]
    [InlineData("", "a number needs a unit")]
    [InlineData("s", "a whole number and its unit")]
    [InlineData("-5s", "a whole number and its unit")]
    [InlineData("1.5s", "a whole number and its unit")]
    [InlineData("5 s", "a whole number and its unit")]
    [InlineData("5S", "a whole number and its unit")]
    [InlineData("5d", "a whole number and its unit")]
    [InlineData("OFF", "a whole number and its unit")]
    [InlineData("0s", "more than zero")]
    [InlineData("1001h", "at most 1000h")]
    [InlineData("3600000001ms", "at most 1000h")]
    [InlineData("99999999999999999999999999h", "at most 1000h")]
    [InlineData("9223372036854775807h", "at most 1000h")]
    public void Parse_AnythingElse_SaysWhatWasExpected(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidValueException>(() => DurationText.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("500ms")]
    [InlineData("1500ms")]
    [InlineData("60s")]
    [InlineData("off")]
    public void Print_AnyDuration_ReadsBackTheSame(string text) => Assert.Equal(text, DurationText.Print(DurationText.Parse(text)));
}
