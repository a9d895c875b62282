using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Native;
using Linkerd.Tcp.LoadTest.Tls;
using Linkerd.Tcp.LoadTest.Workloads;

namespace Linkerd.Tcp.LoadTest.Running;

/// <summary>`load-test run`: one workload against one target; one JSON object on standard output, words for people on standard error.</summary>
internal static class RunCommand
{
    private static readonly Argument<string> WorkloadName = new("workload") { Description = WorkloadCatalog.Names };
    private static readonly Option<string> Target = new("--target") { Description = "HOST:PORT of the proxy", Required = true };
    private static readonly Option<string> Backend = new("--backend") { Description = "HOST:PORT where the backend listens", Required = true };
    private static readonly Option<int?> Connections = new("--connections") { Description = "Number of connections [default: the workload's]" };
    private static readonly Option<int?> Bytes = new("--bytes") { Description = "Bytes of a message, up to 65536 [default: the workload's]" };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "Length of the measured window", DefaultValueFactory = static _ => 3 };
    private static readonly Option<double> WarmUp = new("--warmup") { Description = "Seconds of load before it", DefaultValueFactory = static _ => 1 };
    private static readonly Option<long?> BulkRate = new("--bulk-rate") { Description = "Bytes per second of the stream in mixed; 0: unlimited [default: the workload's]" };
    private static readonly Option<int[]> ProxyProcesses = new("--proxy-pid") { Description = "Processes whose CPU time and memory are read", AllowMultipleArgumentsPerToken = true };

    private static readonly Option<string?> Certificates = new("--certificates") { Description = "Folder that load-test certificates has filled, for a backend with TLS" };

    public static Command Create()
    {
        var command = new Command("run", "Runs one workload through a proxy, with the backend in this process")
        {
            WorkloadName, Target, Backend, Connections, Bytes, Seconds, WarmUp, BulkRate, ProxyProcesses, Certificates,
        };
        command.SetAction(static result => Run(result));
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        RunSettings settings;
        try
        {
            settings = Read(parsed);
        }
        catch (FormatException error)
        {
            Console.Error.WriteLine($"error: {error.Message}");
            return ExitCode.Usage;
        }

        try
        {
            ResourceLimit.RaiseDescriptors();
            using var session = new LoadSession(settings);
            session.WaitUntilReady();
            var result = settings.Workload.Run(session);
            Console.Error.WriteLine(Describe(result));
            Console.Out.WriteLine(JsonSerializer.Serialize(result, JsonContext.OneLine.RunResult));
            return result.Errors == 0 ? ExitCode.Success : ExitCode.Failure;
        }
        catch (IOException error)
        {
            Console.Error.WriteLine($"error: {error.Message}");
            return ExitCode.Failure;
        }
    }

    private static RunSettings Read(ParseResult parsed)
    {
        var name = parsed.GetRequiredValue(WorkloadName);
        var workload = WorkloadCatalog.Find(name) ?? throw new FormatException($"workload '{name}' is not known; expected one of {WorkloadCatalog.Names}");
        Require(parsed.GetValue(Connections) is null or > 0, "--connections: expected a number above 0");
        Require(parsed.GetValue(Bytes) is null or (> 0 and <= Traffic.Buffers.ScratchLength), $"--bytes: expected a number from 1 to {Traffic.Buffers.ScratchLength}");
        Require(parsed.GetValue(BulkRate) is null or >= 0, "--bulk-rate: expected a number of bytes per second, or 0");
        Require(parsed.GetValue(Seconds) is >= 0.1 and <= 3600, "--seconds: expected a number from 0.1 to 3600");
        Require(parsed.GetValue(WarmUp) is >= 0 and <= 3600, "--warmup: expected a number from 0 to 3600");
        Require(!workload.Tls.HasFlag(TlsSides.Server) || parsed.GetValue(Certificates) is not null, "--certificates: expected a folder, as the backend has TLS");
        return new()
        {
            Certificates = parsed.GetValue(Certificates) is { } folder ? new(folder) : null,
            Workload = workload.With(parsed.GetValue(Connections), parsed.GetValue(Bytes), parsed.GetValue(BulkRate)),
            Target = ReadEndPoint("--target", parsed.GetRequiredValue(Target)),
            Backend = ReadEndPoint("--backend", parsed.GetRequiredValue(Backend)),
            Measured = TimeSpan.FromSeconds(parsed.GetValue(Seconds)),
            WarmUp = TimeSpan.FromSeconds(parsed.GetValue(WarmUp)),
            ProxyProcesses = parsed.GetValue(ProxyProcesses) ?? [],
        };
    }

    private static IPEndPoint ReadEndPoint(string option, string text) =>
        text.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(text, out var endPoint) && endPoint.AddressFamily == AddressFamily.InterNetwork && endPoint.Port > 0
            ? endPoint
            : throw new FormatException($"{option} '{text}': expected an IPv4 address and a port, such as 127.0.0.1:7575");

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new FormatException(message);
        }
    }

    private static string Describe(RunResult result)
    {
        string?[] parts =
        [
            $"{result.Workload}, {result.Connections} connections, {result.Seconds:0.00} s:",
            result.CpuPerUnit is { } cost ? $"{cost:0.000} {result.CpuUnit}," : null,
            result.OperationsPerSecond is { } rate ? $"{rate:#,0}/s," : null,
            result.ClientsResumed is { } clients ? $"clients resumed {clients:0%}," : null,
            result.ServersResumed is { } servers ? $"servers resumed {servers:0%}," : null,
            result.BytesPerSecond is { } bytes ? $"{bytes / Workload.BytesPerGigabyte:0.000} GB/s," : null,
            result.Latency is { } times ? $"p50 {times.P50:0} us, p99 {times.P99:0} us, p99.9 {times.P999:0} us," : null,
            result.Idle is { } idle ? $"{idle.KilobytesPerConnection:0.00} KB/connection, descriptors {idle.DescriptorsBefore} -> {idle.DescriptorsHolding} -> {idle.DescriptorsAfter}," : null,
            $"proxy {result.ProxyBusy:0%} busy, load {result.LoadBusy:0%}, RSS {result.ResidentBytes / 1e6:0.0} MB, {result.Errors} errors",
            .. result.ErrorKinds.Select(static kind => string.Create(CultureInfo.InvariantCulture, $"\n  {kind.Value} x {kind.Key}")),
        ];
        return string.Join(' ', parts.Where(static part => part is not null));
    }
}
