using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>dtab check</c> of the real executable.</summary>
[Trait("Category", "AnyTransport")]
public sealed class DtabCheckTests
{
    [Fact]
    public async Task Check_ADtabOnStandardInput_IsPrintedAsNamerdDoes()
    {
        await using var process = await RunAsync("/svc => /#/io.l5d.fs ; # files\n/svc/web => 9 * /a & 0.5 * (/b | ~) ;\n", "-");
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Equal("/svc=>/#/io.l5d.fs;/svc/web=>9.00*/a & 0.50*(/b | ~)", process.Output.Text);
        Assert.Empty(process.Error.Text);
    }

    [Fact]
    public async Task Check_AnOddDtab_IsPrintedAndWarnedOf()
    {
        await using var process = await RunAsync("/svc => 0.125 * /a & /b", "-");
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Equal("/svc=>0.13*/a & /b", process.Output.Text);
        Assert.StartsWith("-:1:1: warning: namerd prints the weight 0.125 as 0.13", process.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_AFileWithErrors_EndsWith65AndSaysAll()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("web.dtab");
        await File.WriteAllTextAsync(file, "/a => /b c ; /d => ; /e => /f", TestContext.Current.CancellationToken);
        await using var process = await RunAsync(string.Empty, file);
        Assert.Equal(65, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Empty(process.Output.Text);
        Assert.Equal(
            [
                $"{file}:1:10: error: end of input expected but 'c' found at '/a => /b [c] ; /d => ; /e => /f'",
                $"{file}:1:20: error: simple expected but end of input found at '/d => []'",
            ],
            process.Error.Lines);
    }

    [Fact]
    public async Task Check_NoFile_EndsWith1()
    {
        await using var process = await RunAsync(string.Empty, "/no/such/file");
        Assert.Equal(1, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("error: '/no/such/file' cannot be read", process.Error.Text, StringComparison.Ordinal);
    }

    private static Task<ChildProcess> RunAsync(string input, string file) =>
        ChildProcess.RunAsync(Executable.FileName, ["dtab", "check", file], TestContext.Current.CancellationToken, input);
}
