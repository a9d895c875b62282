namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// Commands on many names and entries, in the minute that a process is given. Each is some seconds at most where time grows with the size, and
/// tens of minutes where it grows with the square of it.
/// </summary>
[Trait("Category", "AnyTransport")]
public sealed class ManyNamesTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("--json")]
    public async Task Resolve_SplitOf4000Names_ListsAllEndpoints(string? option)
    {
        var target = string.Join('&', Enumerable.Range(0, 4000).Select(i => $"10.0.{i / 250}.{i % 250}:80"));
        await using var process = await Executable.RunAsync(["resolve", .. option is null ? [] : (string[])[option], target]);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Equal(option is null ? 4000 : 1, process.Output.Lines.Count(line => line.Contains(option is null ? "  0.03 %" : "\"10.0.15.249:80\"", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("/", 65, 100_000)]
    [InlineData(" & 0.125 * /#/io.l5d.dns/x/1 ; /a => !", 0, 100_000)]
    public async Task DtabCheck_100000Entries_SaysAllThereIsToSay(string end, int exitCode, int expected)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("large.dtab");
        await File.WriteAllTextAsync(
            file, string.Join(" ;\n", Enumerable.Range(0, 100_000).Select(i => $"/svc/a{i} => /#/io.l5d.fs/a{i}{end}")), TestContext.Current.CancellationToken);
        await using var process = await Executable.RunAsync("dtab", "check", file);
        Assert.Equal(exitCode, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.True(process.Error.Lines.Count >= expected, $"{process.Error.Lines.Count} lines");
    }
}
