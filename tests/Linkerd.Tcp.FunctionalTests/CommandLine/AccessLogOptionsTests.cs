using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The options of the access log, from the command line.</summary>
public sealed class AccessLogOptionsTests
{
    [Fact]
    public void Parse_TargetAlone_HasNone()
    {
        Assert.Null(ParsedProxy.Of("/svc/foo").Process.AccessLog);
        Assert.Null(ParsedProxy.Of("--access-log", "off", "/svc/foo").Process.AccessLog);
    }

    [Fact]
    public void Parse_AllOfThem_AreRead()
    {
        var log = ParsedProxy.Of("--access-log", "/var/log/a b.log", "--access-log-format", "json", "/svc/foo").Process.AccessLog!;
        Assert.Equal(("/var/log/a b.log", AccessLogFormat.Json, 1d, false, false, false, Timeout.InfiniteTimeSpan), (log.Path, log.Format, log.Sample, log.OnlyAbnormal, log.OnStart, log.Refused, log.Interval));
        Assert.Equal(("-", AccessLogFormat.Text), (ParsedProxy.Of("--access-log", "-", "/svc/foo").Process.AccessLog!.Path, ParsedProxy.Of("--access-log", "-", "/svc/foo").Process.AccessLog!.Format));
    }

    [Theory]
    [InlineData("--access-log-format 'xml': expected text or json", "--access-log", "-", "--access-log-format", "xml")]
    [InlineData("--access-log 'a\0b': expected the path of a file, - for stdout, or off", "--access-log", "a\0b")]
    [InlineData("--access-log-format means nothing without an access log; expected --access-log <FILE|-> too", "--access-log-format", "json")]
    public void Parse_Nonsense_IsAnErrorThatNamesIt(string expected, params string[] options)
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse([.. options, "/a"]));
        Assert.Contains(expected, wrong.Errors);
    }
}
