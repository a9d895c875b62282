using Linkerd.Tcp.Cli.Logging;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.FunctionalTests;

public sealed class LogDirectivesParserTests
{
    [Theory]
    [InlineData("off", LogLevel.None)]
    [InlineData("error", LogLevel.Error)]
    [InlineData("warn", LogLevel.Warning)]
    [InlineData("INFO", LogLevel.Information)]
    [InlineData("Debug", LogLevel.Debug)]
    [InlineData(" trace ", LogLevel.Trace)]
    [InlineData("info,,debug", LogLevel.Debug)]
    public void Parse_LevelAlone_IsForAllCategories(string text, LogLevel level)
    {
        var directives = LogDirectivesParser.Parse("X", text);
        Assert.Equal(level, directives.Default);
        Assert.Empty(directives.ByCategory);
        Assert.Empty(directives.Warnings);
    }

    [Theory]
    [InlineData("Linkerd.Tcp.Namerd=debug,warn", LogLevel.Warning, "Linkerd.Tcp.Namerd", LogLevel.Debug)]
    [InlineData("warn, Linkerd.Tcp.Namerd = debug", LogLevel.Warning, "Linkerd.Tcp.Namerd", LogLevel.Debug)]
    [InlineData("Linkerd.Tcp.Namerd", LogLevel.None, "Linkerd.Tcp.Namerd", LogLevel.Trace)]
    [InlineData("Linkerd.Tcp.Namerd=", LogLevel.None, "Linkerd.Tcp.Namerd", LogLevel.Trace)]
    [InlineData("Linkerd.Tcp.Namerd=off,info", LogLevel.Information, "Linkerd.Tcp.Namerd", LogLevel.None)]
    [InlineData("linkerd_tcp=info", LogLevel.None, "Linkerd.Tcp", LogLevel.Information)]
    [InlineData("linkerd_tcp::namerd=trace", LogLevel.None, "Linkerd.Tcp.namerd", LogLevel.Trace)]
    public void Parse_Category_HasItsOwnLevel(string text, LogLevel fallback, string category, LogLevel level)
    {
        var directives = LogDirectivesParser.Parse("X", text);
        Assert.Equal(fallback, directives.Default);
        Assert.Equal([new(category, level)], directives.ByCategory);
        Assert.Empty(directives.Warnings);
    }

    [Theory]
    [InlineData("info/reset", "reset")]
    [InlineData("info/a/b", "a/b")]
    [InlineData("/only", "only")]
    [InlineData("info/", null)]
    public void Parse_Slash_SearchesMessages(string text, string? containing)
    {
        var directives = LogDirectivesParser.Parse("X", text);
        Assert.Equal(containing, directives.Containing);
        Assert.Equal(LogLevel.Information, directives.Default);
    }

    [Theory]
    [InlineData("a=b=c")]
    [InlineData("a=loud")]
    [InlineData("=debug")]
    [InlineData("a*b*c=debug")]
    public void Parse_DirectiveThatCannotBeRead_WarnsAndIsIgnored(string text)
    {
        var directives = LogDirectivesParser.Parse("LINKERD_TCP_LOG", "warn," + text);
        Assert.Equal(LogLevel.Warning, directives.Default);
        Assert.Empty(directives.ByCategory);
        Assert.StartsWith($"LINKERD_TCP_LOG: '{text}' is ignored", Assert.Single(directives.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("debgu", "did you mean debug? ")]
    [InlineData("WARNING", "did you mean warn? ")]
    [InlineData("information", "did you mean info? ")]
    [InlineData("eror", "did you mean error? ")]
    [InlineData("Linkerd.Tcp=debgu", "did you mean debug? ")]
    [InlineData("Linkred.Tcp", "expected a level (off, error, warn, info, debug, trace), or a category, all of which begin with Linkerd.Tcp")]
    [InlineData("Other=trace", "expected a level (off, error, warn, info, debug, trace), or a category, all of which begin with Linkerd.Tcp")]
    public void Parse_Mistyped_WarnsAndDoesNotTurnTheLogOff(string text, string expected)
    {
        var directives = LogDirectivesParser.Parse("LINKERD_TCP_LOG", text);
        Assert.Equal(LogLevel.Information, directives.Default);
        Assert.Empty(directives.ByCategory);
        Assert.StartsWith($"LINKERD_TCP_LOG: '{text}' is ignored; {expected}", Assert.Single(directives.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_CategoryOfAnotherProgramInRustLog_IsNoMistake() => Assert.Empty(LogDirectivesParser.Parse("RUST_LOG", "hyper=warn,tokio").Warnings);

    [Theory]
    [InlineData("debug", "trace", LogLevel.Debug)]
    [InlineData(null, "trace", LogLevel.Trace)]
    [InlineData("", "trace", LogLevel.Trace)]
    [InlineData(null, null, LogLevel.Information)]
    public void FromEnvironment_BothVariables_OursComesFirst(string? ours, string? rust, LogLevel expected) =>
        Assert.Equal(expected, LogDirectivesParser.FromEnvironment(name => name == "RUST_LOG" ? rust : ours).Default);

    [Theory]
    [InlineData("Linkerd.Tcp.Namerd", LogLevel.Trace, true)]
    [InlineData("Linkerd.Tcp.Namerd.Watch", LogLevel.Trace, true)]
    [InlineData("Linkerd.Tcp.Serving", LogLevel.Debug, true)]
    [InlineData("Linkerd.Tcp.Serving", LogLevel.Trace, false)]
    [InlineData("Other", LogLevel.Error, true)]
    [InlineData("Other", LogLevel.Warning, false)]
    public void Filter_SeveralPrefixes_TheLongestDecides(string category, LogLevel level, bool expected)
    {
        var directives = LogDirectivesParser.Parse("X", "Linkerd.Tcp=debug,error,Linkerd.Tcp.Namerd=trace");
        using var levels = new LogLevels(directives, TimeProvider.System);
        using var factory = StandardErrorLogging.Create(levels, TimeProvider.System);
        Assert.Equal(expected, factory.CreateLogger(category).IsEnabled(level));
    }
}
