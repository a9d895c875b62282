using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Quickstart;

/// <summary>The real executable in a process of its own; its log goes to our output.</summary>
internal sealed partial class Proxy : IDisposable
{
    private const int Sigterm = 15;
    private readonly TaskCompletionSource<IPEndPoint> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;

    public Proxy(params string[] arguments)
    {
        var program = typeof(Proxy).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "LinkerdTcpExecutable").Value!;
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        start.Environment["LINKERD_TCP_LOG"] = "info";
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data);
        _process.BeginErrorReadLine();
    }

    public Task<IPEndPoint> WaitUntilListeningAsync(CancellationToken cancellationToken) => _listening.Task.WaitAsync(cancellationToken);

    /// <summary>Asks it to finish its sessions and end.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows() || Kill(_process.Id, Sigterm) != 0)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            _listening.TrySetException(new InvalidOperationException("linkerd-tcp ended before it listened"));
            return;
        }

        Console.WriteLine(line);
        if (ListeningLine().Match(line) is { Success: true } match)
        {
            _listening.TrySetResult(IPEndPoint.Parse(match.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"\] listening on (\S+) for ")]
    private static partial Regex ListeningLine();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
