using Linkerd.Tcp.Cli.CommandLine;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Targets that a command line as a whole refuses.</summary>
public sealed class TargetArgumentTests
{
    [Fact]
    public void Parse_CommasForNamerd_AreRefused()
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["/svc/a | b:1,c:2"]));
        Assert.StartsWith(
            "<TARGET> '/svc/a | /$/inets/b/1/c/2': addresses with commas are one set only where all names are bound here", Assert.Single(wrong.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_LongHost_IsRefused()
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse([$"{new string('a', 300)}:80"]));
        Assert.EndsWith(
            $"a host name of at most 253 characters, in parts of 1 to 63 between dots, was expected where '{new string('a', 63)}...' stands", Assert.Single(wrong.Errors), StringComparison.Ordinal);
    }
}
