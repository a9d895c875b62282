using Linkerd.Tcp.Cli.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.FunctionalTests;

public sealed class LineFormatterTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 10, 47, 0, 123, TimeSpan.Zero));

    [Theory]
    [InlineData(LogLevel.Trace, "TRACE")]
    [InlineData(LogLevel.Debug, "DEBUG")]
    [InlineData(LogLevel.Information, "INFO ")]
    [InlineData(LogLevel.Warning, "WARN ")]
    [InlineData(LogLevel.Error, "ERROR")]
    [InlineData(LogLevel.Critical, "ERROR")]
    public void Write_AnyLevel_HasTimeLevelCategoryAndMessage(LogLevel level, string name) =>
        Assert.Equal($"[2026-11-23T10:47:00.123Z {name} Some.Category] hello\n", Write(level, "hello"));

    [Fact]
    public void Write_ControlCharacters_StayOnOneLine() =>
        Assert.Equal("[2026-11-23T10:47:00.123Z WARN  Some.Category] a b [31m c\n", Write(LogLevel.Warning, "a\nb\u001b[31m\rc"));

    [Fact]
    public void Write_Exception_FollowsOnTheSameLine()
    {
        var line = Write(LogLevel.Error, "failed", new InvalidOperationException("two\nlines"));
        Assert.Equal("[2026-11-23T10:47:00.123Z ERROR Some.Category] failed: System.InvalidOperationException: two lines\n", line);
    }

    [Theory]
    [InlineData("set changed", true)]
    [InlineData("nothing", false)]
    public void Write_WithTextToSearch_LeavesOthersOut(string message, bool expected) =>
        Assert.Equal(expected, Write(LogLevel.Error, message, containing: "changed").Length > 0);

    private string Write(LogLevel level, string message, Exception? error = null, string? containing = null)
    {
        using var writer = new StringWriter();
        var entry = new LogEntry<string>(level, "Some.Category", 0, message, error, static (state, _) => state);
        new LineFormatter(_time, () => containing).Write(entry, writer);
        return writer.ToString();
    }
}
