using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Runs a real client to its end.</summary>
internal static class ClientProgram
{
    /// <summary>What it printed; the test fails where it did not end with 0, and is skipped where the machine has no such program.</summary>
    public static async Task<string> RunAsync(string name, params string[] arguments) => await RunWithInputAsync(name, null, arguments);

    /// <summary>As <see cref="RunAsync"/>, with something on its standard input.</summary>
    public static async Task<string> RunWithInputAsync(string name, string? input, params string[] arguments)
    {
        var cancelled = TestContext.Current.CancellationToken;
        await using var process = await ChildProcess.RunAsync(Require.Program(name), arguments, cancelled, input);
        var exitCode = await process.WaitForExitAsync(cancelled);
        Assert.True(exitCode == 0, $"{name} {string.Join(' ', arguments)} ended with {exitCode}:\n{process.Error.Text}\n{process.Output.Text}");
        return process.Output.Text;
    }
}
