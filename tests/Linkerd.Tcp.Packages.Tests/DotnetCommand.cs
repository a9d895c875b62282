using System.Diagnostics;

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>Commands of the SDK, as a user gives them: nothing of the build that runs this test reaches them.</summary>
internal static class DotnetCommand
{
    /// <summary>Runs a command to its end, which must be a good one.</summary>
    /// <param name="folder">The folder to run it in.</param>
    /// <param name="arguments">The command line.</param>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name is "VersionSuffix").ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["NUGET_PACKAGES"] = Path.Combine(folder, "packages");
        using var process = Process.Start(start)!;
        try
        {
            var text = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).WaitAsync(TimeSpan.FromMinutes(8));
            await process.WaitForExitAsync();
            var printed = string.Concat(text);
            Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}:\n{printed}");
            return printed;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
