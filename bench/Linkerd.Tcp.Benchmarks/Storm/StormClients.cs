using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Linkerd.Tcp.Benchmarks.Storm;

/// <summary>The load test, which has the clients and the backend, in a process on a processor of its own.</summary>
internal sealed class StormClients(int processor)
{
    private const string Workload = "terminate-handshake";
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "load-test");

    /// <summary>The address of the backend, which is there while clients run. Not one of the ports that the kernel gives to clients.</summary>
    public IPEndPoint Backend { get; } = new(IPAddress.Loopback, FindPort());

    /// <summary>Makes the certificate of the proxy in a folder.</summary>
    public Task CreateCertificatesAsync(string folder, string key) => RunAsync("certificates", folder, "--certificate-key", key);

    /// <summary>Runs clients that connect, make a full handshake, exchange 64 bytes, close, and connect again at once.</summary>
    /// <param name="target">The proxy, in this process.</param>
    /// <param name="count">The number of clients.</param>
    /// <param name="warmUp">The seconds before the measured ones.</param>
    /// <param name="seconds">The measured seconds.</param>
    /// <returns>The result as the load test writes it.</returns>
    public async Task<JsonElement> RunAsync(EndPoint target, int count, double warmUp, double seconds)
    {
        var output = await RunAsync(
            "run", Workload, "--target", $"{target}", "--backend", $"{Backend}", "--connections", Text(count), "--warmup", Text(warmUp), "--seconds", Text(seconds), "--proxy-pid", Text(Environment.ProcessId));
        using var document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("taskset", ["-c", Text(processor), Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var words = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new IOException($"load-test {arguments[0]} ended with exit code {process.ExitCode}: {await words}");
    }

    private static int FindPort()
    {
        while (true)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(15_000, 32_000));
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                continue;
            }
        }
    }

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
