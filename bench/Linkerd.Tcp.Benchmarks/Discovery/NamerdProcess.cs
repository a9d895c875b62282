using System.Diagnostics;
using System.Globalization;

namespace Linkerd.Tcp.Benchmarks.Discovery;

/// <summary>The stand-in for namerd in a process of its own, so that its CPU time is not counted. Time stamps are good in both: they are the system's monotonic clock.</summary>
internal sealed class NamerdProcess : IDisposable
{
    private readonly Process _process;

    private NamerdProcess(Process process, Uri baseAddress)
    {
        _process = process;
        BaseAddress = baseAddress;
    }

    public Uri BaseAddress { get; }

    public static async Task<NamerdProcess> StartAsync(int names, int endpoints)
    {
        var (n, e) = (names.ToString(CultureInfo.InvariantCulture), endpoints.ToString(CultureInfo.InvariantCulture));
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["discovery", "namerd", "--names", n, "--endpoints", e])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var address = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The stand-in for namerd did not start.");
        return new(process, new Uri(address));
    }

    public async Task<string> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The stand-in for namerd ended.");
    }

    /// <summary>When the last event that the command led to was about to be written to its socket.</summary>
    public async Task<long> AskTimestampAsync(string command) => long.Parse(await AskAsync(command), CultureInfo.InvariantCulture);

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
