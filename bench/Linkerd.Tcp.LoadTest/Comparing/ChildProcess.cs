using System.Diagnostics;
using System.Globalization;
using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Comparing;

/// <summary>A process that was started here, on one core, with its output in files: nobody needs CPU time to read them meanwhile.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly Process _process;
    private readonly string _outputPath;
    private readonly string _errorPath;

    private ChildProcess(Process process, string outputPath, string errorPath) =>
        (_process, _outputPath, _errorPath) = (process, outputPath, errorPath);

    public int Id => _process.Id;

    public int ExitCode => _process.ExitCode;

    public string Output => File.ReadAllText(_outputPath);

    public string ErrorOutput => File.ReadAllText(_errorPath);

    /// <summary>Starts a command; shell and taskset become the command, so its process is the one that was started.</summary>
    public static ChildProcess Start(string folder, string name, int core, IReadOnlyList<string> command)
    {
        var (output, error) = (Path.Combine(folder, $"{name}.out"), Path.Combine(folder, $"{name}.err"));
        string[] arguments =
        [
            "-c", "out=$1 err=$2; shift 2; exec \"$@\" </dev/null >\"$out\" 2>\"$err\"", "sh", output, error,
            "taskset", "-c", core.ToString(CultureInfo.InvariantCulture), .. command,
        ];
        File.WriteAllText(output, "");
        File.WriteAllText(error, "");
        return new(Process.Start(new ProcessStartInfo("/bin/sh", arguments))!, output, error);
    }

    public Task WaitForExitAsync(CancellationToken cancellation) => _process.WaitForExitAsync(cancellation);

    /// <summary>The end of what it wrote, for a message.</summary>
    public string LastLines(int count)
    {
        var lines = (Output + ErrorOutput).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join(" / ", lines.TakeLast(count).Select(static line => line.Trim()));
    }

    /// <summary>Asks it to end; insists after a while, on its children too.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Libc.Kill(Id, Constants.TerminateSignal);
            using var patience = new CancellationTokenSource(Patience);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                foreach (var process in new ProcessTree([Id]).Processes())
                {
                    _ = Libc.Kill(process, Constants.KillSignal);
                }

                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
    }
}
