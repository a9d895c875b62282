namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The pages with commands: each command prints what the page shows.</summary>
[Trait("Category", "AnyTransport")]
public sealed class PageTests
{
    [Theory]
    [InlineData("admin.md")]
    [InlineData("configuration-file.md")]
    [InlineData("names.md")]
    [InlineData("production.md")]
    [InlineData("tls.md")]
    [InlineData("tutorial/1-first-proxy.md")]
    [InlineData("tutorial/2-names.md")]
    [InlineData("tutorial/3-configuration-file.md")]
    [InlineData("tutorial/4-tls.md")]
    public Task Page_EachCommand_PrintsWhatIsShown(string name) => PageRun.RunAsync(name);
}
