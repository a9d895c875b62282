namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The steps that a page is read as.</summary>
[Trait("Category", "AnyTransport")]
public sealed class PageReadingTests
{
    [Fact]
    public void Read_BlocksOfAPage_AreTheStepsOfAReader()
    {
        var page = Page.Read("page.md", """
            Text.

            ```yaml a.yml
            key: 1
            ```

            ```console
            $ first
            one
            two
            $ second \
                goes on
            ```

            ```console proxy
            $ proxy
            listening
            ```

            ```console proxy
            ^Cstopping
            ```

            ```bash
            silent
            ```

            ```text >> a.yml
            key2: 2
            ```

            ```
            $ not a step
            ```
            """);
        Assert.Equal(
            [
                "4 file a.yml 'key: 1'", "8 '' first: one, two", "11 '' second \\\n    goes on: ", "16 'proxy' proxy: listening (runs on)", "21 'proxy' ^C: stopping (runs on)", "25 '' silent",
                "29 more of a.yml 'key2: 2'",
            ],
            page.Steps.Select(Describe));
    }

    [Fact]
    public void Read_PortsInCommands_BecomeFreeOnesEverywhere()
    {
        var page = Page.Read("page.md", "```console\n$ curl http://127.0.0.1:7575/ 10.0.0.1:8080\nconnected to 7575, 17575 and 8080\n```\n");
        var port = Assert.Single(page.Ports);
        Assert.NotEqual("7575", port);
        var command = Assert.IsType<CommandStep>(Assert.Single(page.Steps));
        Assert.Equal(($"curl http://127.0.0.1:{port}/ 10.0.0.1:8080", $"connected to {port}, 17575 and 8080"), (command.Text, Assert.Single(command.Output!)));
    }

    private static string Describe(PageStep step) => step switch
    {
        FileStep file => $"{file.Line} {(file.IsAppended ? "more of" : "file")} {file.Name} '{file.Text.TrimEnd()}'",
        CommandStep { Output: null } command => $"{command.Line} '{command.Terminal}' {command.Text}",
        CommandStep command => $"{command.Line} '{command.Terminal}' {command.Text}: {string.Join(", ", command.Output!)}{(command.MayRunOn ? " (runs on)" : "")}",
        _ => "",
    };
}
