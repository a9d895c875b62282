using System.Globalization;
using System.Text.Json;
using Linkerd.Tcp.LoadTest.Proxies;
using Linkerd.Tcp.LoadTest.Reporting;
using Linkerd.Tcp.LoadTest.Workloads;

namespace Linkerd.Tcp.LoadTest.Comparing;

/// <summary>One workload through one fresh proxy, once.</summary>
internal sealed class CellRunner(CompareSettings settings)
{
    // Beside warm-up and window: start, opening of connections, verification, and what idle waits for.
    private static readonly TimeSpan Allowance = TimeSpan.FromSeconds(90);
    private readonly FreePorts _ports = new();

    public async Task<CellRound> RunAsync(int round, Workload workload, ProxyKind proxy, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("load-test-").FullName;
        try
        {
            return await RunAsync(folder, round, workload, proxy, cancellation);
        }
        catch (Exception error) when (error is IOException or JsonException or System.ComponentModel.Win32Exception)
        {
            return new() { Round = round, Error = error.Message };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<CellRound> RunAsync(string folder, int round, Workload workload, ProxyKind proxy, CancellationToken cancellation)
    {
        var (listen, backend) = (_ports.Take(), _ports.Take());
        await using var server = ChildProcess.Start(folder, "proxy", settings.ProxyCore, proxy.Prepare(folder, listen, backend, workload.Tls, settings.Certificates));
        await using var load = ChildProcess.Start(folder, "load", settings.LoadCore,
        [
            .. SelfCommand.Get(), "run", workload.Name,
            "--target", Text($"127.0.0.1:{listen}"),
            "--backend", Text($"127.0.0.1:{backend}"),
            "--seconds", Text($"{settings.Seconds}"),
            "--warmup", Text($"{settings.WarmUp}"),
            "--proxy-pid", Text($"{server.Id}"),
            .. settings.Certificates is { } certificates ? new[] { "--certificates", certificates.Folder } : [],
        ]);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Allowance + TimeSpan.FromSeconds(settings.Seconds + settings.WarmUp));
        var (serverEnd, loadEnd) = (server.WaitForExitAsync(timeout.Token), load.WaitForExitAsync(timeout.Token));
        var first = await Task.WhenAny(serverEnd, loadEnd);
        cancellation.ThrowIfCancellationRequested();
        if (timeout.IsCancellationRequested)
        {
            return Failed(round, $"the load did not end in time: {load.LastLines(1)}");
        }

        if (first == serverEnd)
        {
            return Failed(round, $"the proxy ended with exit code {server.ExitCode}: {server.LastLines(2)}");
        }

        timeout.Cancel();
        return load.Output.Trim() is { Length: > 0 } json && JsonSerializer.Deserialize(json, JsonContext.OneLine.RunResult) is { } result
            ? new() { Round = round, Result = result }
            : Failed(round, $"{load.LastLines(1)}; the proxy said: {server.LastLines(1)}");
    }

    private static CellRound Failed(int round, string error) => new() { Round = round, Error = error };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
