using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Standard streams that are closed, full, or read no more.</summary>
public sealed class StandardStreamsTests
{
    [Theory]
    [InlineData("<&-")]
    [InlineData(">&-")]
    [InlineData("<&- >&-")]
    public async Task Start_ClosedStreams_ServesAndStops(string closed)
    {
        Require.Linux();
        await using var proxy = await ProxyProcess.StartAsync(
            Executable.FileName, "/$/nil", TestContext.Current.CancellationToken, through: ["/bin/sh", "-c", $"exec \"$0\" \"$@\" {closed}"]);
        Assert.All(Enumerable.Range(0, 2), descriptor => Assert.DoesNotContain("socket:", LinkOf(proxy, descriptor), StringComparison.Ordinal));
        proxy.Send(Signal.Terminate);
        Assert.Equal(0, await proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Start_AllStreamsClosed_ServesAndStops()
    {
        Require.Linux();
        var port = FreePort.NextEndPoint();
        await using var process = new ChildProcess("/bin/sh", ["-c", "exec \"$0\" \"$@\" <&- >&- 2>&-", Executable.FileName, "-l", port.ToString(), "--grace", "0s", "/$/nil"]);
        await Eventually.IsTrueAsync(() => process.HasExited || ClientSocket.CanConnect(port), () => "it does not listen");
        Assert.All(Enumerable.Range(0, 3), descriptor => Assert.DoesNotContain("socket:", LinkOf(process, descriptor), StringComparison.Ordinal));
        process.Send(Signal.Terminate);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("--help", "/dev/full", "No space left on device")]
    [InlineData("--version", "/dev/full", "No space left on device")]
    [InlineData("resolve /$/inet/127.0.0.1/1", "/dev/full", "No space left on device")]
    [InlineData("resolve --json /$/inet/127.0.0.1/1", "/dev/full", "No space left on device")]
    [InlineData("resolve --watch /$/inet/127.0.0.1/1", "/dev/full", "No space left on device")]
    [InlineData("dtab check /dev/null", "/dev/full", "No space left on device")]
    [InlineData("--help", "&-", "Bad file descriptor")]
    public async Task Output_CannotBeWritten_IsOneErrorAndExitCode1(string arguments, string output, string problem)
    {
        Require.Linux();
        await using var process = await RunShellAsync($"exec \"$0\" {arguments.Replace("$", "\\$", StringComparison.Ordinal)} >{output}");
        Assert.Equal(1, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Equal($"error: the standard output cannot be written ({problem})", Assert.Single(process.Error.Lines));
    }

    [Fact]
    public async Task DtabCheck_ClosedInput_IsAnError()
    {
        Require.Linux();
        await using var process = await RunShellAsync("exec \"$0\" dtab check - <&-");
        Assert.Equal(1, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Equal("error: '-' cannot be read (Bad file descriptor)", Assert.Single(process.Error.Lines));
    }

    [Theory]
    [InlineData("resolve --watch /$/inet/127.0.0.1/1")]
    [InlineData("resolve --watch --json /$/inet/127.0.0.1/1")]
    public async Task ResolveWatch_ReaderGone_Ends(string arguments)
    {
        Require.Linux();
        await using var process = await RunShellAsync($"{{ \"$0\" {arguments.Replace("$", "\\$", StringComparison.Ordinal)}; echo \"exit code $?\" >&2; }} | head -n 1");
        Assert.Single(process.Output.Lines);
        Assert.Equal("exit code 0", Assert.Single(process.Error.Lines));
    }

    [Fact]
    public async Task Resolve_ReaderGone_HasTheExitCodeOfItsAnswer()
    {
        Require.Linux();
        await using var process = await RunShellAsync("{ \"$0\" resolve '/$/nil'; echo \"exit code $?\" >&2; } | true");
        Assert.Equal("exit code 2", Assert.Single(process.Error.Lines));
    }

    private static Task<ChildProcess> RunShellAsync(string script) =>
        ChildProcess.RunAsync("/bin/sh", ["-c", script, Executable.FileName], TestContext.Current.CancellationToken);

    private static string LinkOf(ChildProcess process, int descriptor) =>
        new FileInfo($"/proc/{process.Id}/fd/{descriptor}").LinkTarget ?? "closed";
}
