namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The pages with programs, which are built and run beside the other pages: each command prints what the page shows.</summary>
[Trait("Category", "AnyTransport")]
public sealed class ProgramPageTests
{
    [Theory]
    [InlineData("tutorial/5-balanced-client.md")]
    [InlineData("tutorial/6-host-and-test.md")]
    public Task Page_EachCommand_PrintsWhatIsShown(string name) => PageRun.RunAsync(name);
}
