using System.Diagnostics;
using System.Globalization;

namespace Linkerd.Tcp.Benchmarks.CopyCost;

/// <summary>A relay in a process of its own, on the first core where taskset is there.</summary>
internal sealed class RelayProcess : IDisposable
{
    private readonly Process _process;

    private RelayProcess(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<RelayProcess> StartAsync(string kind, int backendPort)
    {
        string[] command = ["copy-cost", "relay", kind, backendPort.ToString(CultureInfo.InvariantCulture)];
        var start = File.Exists("/usr/bin/taskset")
            ? new ProcessStartInfo("/usr/bin/taskset", ["-c", "0", Environment.ProcessPath!, .. command])
            : new ProcessStartInfo(Environment.ProcessPath!, command);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        var process = Process.Start(start)!;
        var port = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The relay did not start.");
        return new(process, int.Parse(port, CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
