using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A terminal of a reader: a shell that is given one command after another. Disposing it ends what still runs there.</summary>
internal sealed partial class PageTerminal : IAsyncDisposable
{
    // Printed after each command. The shell has job control, as a reader's has, so that Ctrl+C reaches the program alone.
    private const char Mark = '\u0001';
    private const string Prologue = "exec 2>&1; set -m; trap : INT";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private readonly Process _shell;
    private bool _isRunning;

    /// <param name="folder">The folder in which it begins.</param>
    /// <param name="environment">Variables to set, or, with null, to take away.</param>
    public PageTerminal(string folder, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo("/bin/bash", ["--norc", "-s"]) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _shell = Process.Start(start)!;
        _shell.StandardInput.WriteLine(Prologue);
    }

    /// <summary>Types a command, after the one before it has ended.</summary>
    public async Task TypeAsync(string command)
    {
        if (_isRunning)
        {
            Assert.Equal([], await ReadToEndAsync());
        }

        // The next command may ask for the exit code of this one.
        await _shell.StandardInput.WriteLineAsync($"{command}\n{{ code=$?; printf '\\{Convert.ToString(Mark, 8)}\\n'; (exit $code); }}");
        await _shell.StandardInput.FlushAsync();
        _isRunning = true;
    }

    /// <summary>Presses Ctrl+C.</summary>
    public async Task InterruptAsync()
    {
        var running = (await File.ReadAllTextAsync($"/proc/{_shell.Id}/task/{_shell.Id}/children", TestContext.Current.CancellationToken)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        using var kill = Process.Start("/bin/kill", ["-INT", "--", .. running.Select(static id => "-" + id)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Reads the lines that are printed until the command has ended.</summary>
    public async Task<IReadOnlyList<string>> ReadToEndAsync()
    {
        var lines = new List<string>();
        while (_isRunning && await ReadLineAsync() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <summary>Reads the next line; null at the end of the command.</summary>
    public async Task<string?> ReadLineAsync()
    {
        while (true)
        {
            var line = await _shell.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken)
                ?? throw new IOException("The shell has ended.");
            if (line.EndsWith(Mark))
            {
                _isRunning = false;
                return line.Length > 1 ? line[..^1] : null;
            }

            if (!OfJobs.IsMatch(line))
            {
                return line;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _shell.Kill(entireProcessTree: true);
        await _shell.WaitForExitAsync(CancellationToken.None);
        _shell.Dispose();
    }

    // What a shell says of its background programs, at a moment of its own.
    [GeneratedRegex(@"^\[\d+\][+-]? |^(/bin/)?bash: line \d+: +\d+ (Terminated|Killed|Interrupt)")]
    private static partial Regex OfJobs { get; }
}
