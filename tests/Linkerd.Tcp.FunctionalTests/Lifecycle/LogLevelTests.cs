using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What the environment says about the log of the real executable.</summary>
public sealed class LogLevelTests
{
    [Fact]
    public async Task Start_AtInfo_HasALineForTheListener()
    {
        await using var proxy = await Executable.StartAsync("/$/inet/127.0.0.1/1");
        Assert.Contains(proxy.Error.Lines, line => line.Contains($"] listening on {proxy.EndPoint} for /$/inet/127.0.0.1/1, resolved by the embedded interpreter", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_OfAUnion_HasALineWithItsTree()
    {
        await using var proxy = await Executable.StartAsync("3*/$/inet/127.0.0.1/1&/$/nil");
        Assert.Contains(proxy.Error.Lines, line => line.EndsWith("stands for 3 * /$/inet/127.0.0.1/1 & /$/nil", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("off", null)]
    [InlineData("error", "info")]
    [InlineData(null, "off")]
    public async Task Level_BelowInfo_LogsNothing(string? ours, string? rust)
    {
        var lines = await RunAsync(ours, rust);
        Assert.Empty(lines);
    }

    [Theory]
    [InlineData("info", "off")]
    [InlineData(null, "info")]
    [InlineData(null, null)]
    public async Task Level_Info_LogsTheStart(string? ours, string? rust)
    {
        var lines = await RunAsync(ours, rust);
        Assert.Contains(lines, line => line.Contains("INFO ", StringComparison.Ordinal) && line.Contains("] listening on ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Directive_ThatCannotBeRead_IsAWarning()
    {
        var lines = await RunAsync("error,a=b=c", null);
        Assert.StartsWith("warning: LINKERD_TCP_LOG: 'a=b=c' is ignored; expected ", Assert.Single(lines), StringComparison.Ordinal);
    }

    // Without a log nothing tells when it is ready; a signal asks for a clean end at any time.
    private static async Task<IReadOnlyList<string>> RunAsync(string? ours, string? rust)
    {
        var port = FreePort.NextEndPoint();
        await using var process = new ChildProcess(
            Executable.FileName,
            ["-l", port.ToString(), "--grace", "0s", "/$/nil"],
            new Dictionary<string, string?> { ["LINKERD_TCP_LOG"] = ours, ["RUST_LOG"] = rust });
        await Eventually.IsTrueAsync(() => ClientSocket.CanConnect(port), () => "it does not listen:\n" + process.Error.Text);
        process.Send(Signal.Terminate);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.Error.Lines;
    }
}
