using System.CommandLine;
using System.Runtime.InteropServices;
using Linkerd.Tcp.LoadTest.Proxies;
using Linkerd.Tcp.LoadTest.Reporting;
using Linkerd.Tcp.LoadTest.Tls;
using Linkerd.Tcp.LoadTest.Workloads;

namespace Linkerd.Tcp.LoadTest.Comparing;

/// <summary>`load-test compare`: every workload through every proxy that is installed, and a report.</summary>
internal static class CompareCommand
{
    private const string DefaultGroup = "plain";
    private static readonly Option<int> Rounds = new("--rounds") { Description = "How often each proxy is measured", DefaultValueFactory = static _ => 5 };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "Length of each measured window", DefaultValueFactory = static _ => 3 };
    private static readonly Option<double> WarmUp = new("--warmup") { Description = "Seconds of load before it", DefaultValueFactory = static _ => 1 };
    private static readonly Option<string?> Workloads = new("--workloads") { Description = $"Comma-separated, of the groups {WorkloadCatalog.Groups}, or of {WorkloadCatalog.Names} [default: {DefaultGroup}]" };
    private static readonly Option<string?> Proxies = new("--proxies") { Description = $"Comma-separated, of {string.Join(", ", ProxyCatalog.Names)} [default: those installed]" };
    private static readonly Option<string?> Executable = new(LinkerdTcp.PathOption) { Description = "Path of the executable linkerd-tcp" };
    private static readonly Option<string?> Baseline = new(LinkerdTcp.BaselineOption) { Description = "Path of another build of it, to be compared with pair by pair" };
    private static readonly Option<string?> Arguments = new("--linkerd-tcp-arguments") { Description = "Instead of those that linkerd-tcp is started with here" };
    private static readonly Option<string?> MoreArguments = new("--linkerd-tcp-more-arguments") { Description = "Beside those, such as \"--tls-provider dotnet\"" };
    private static readonly Option<string?> BaselineMoreArguments = new("--baseline-more-arguments") { Description = "The same for the baseline, which may be the same executable [default: those of linkerd-tcp]" };
    private static readonly Option<CertificateKey> Key = new("--certificate-key") { Description = "Key of the certificate in workloads with TLS", DefaultValueFactory = static _ => CertificateKey.Ecdsa };
    private static readonly Option<string> Output = new("--output") { Description = "Folder of the report", DefaultValueFactory = static _ => "artifacts/compare" };
    private static readonly Option<int> ProxyCore = new("--proxy-cpu") { Description = "The core of the proxy", DefaultValueFactory = static _ => 0 };
    private static readonly Option<int> LoadCore = new("--load-cpu") { Description = "The core of load and backend", DefaultValueFactory = static _ => 1 };

    public static Command Create()
    {
        var command = new Command("compare", "Runs all workloads through all proxies in turns, and writes a report")
        {
            Rounds, Seconds, WarmUp, Workloads, Proxies, Executable, Baseline, Arguments, MoreArguments, BaselineMoreArguments, Key, Output, ProxyCore, LoadCore,
        };
        command.SetAction(static (result, cancellation) => RunAsync(result, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        // Interrupts and SIGTERM arrive through the token; a terminal that goes away does not.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            ending.Cancel();
        });
        try
        {
            using var folder = new TemporaryFolder();
            var settings = Read(parsed, folder);
            var cells = await new Comparison(settings, Console.Error).RunAsync(ending.Token);
            var report = ComparisonReport.Create(settings, cells);
            ReportWriter.Write(report, settings.Output);
            Console.Out.WriteLine(MarkdownReport.Format(report));
            Console.Error.WriteLine($"written to {Path.GetFullPath(settings.Output)}");
            return ending.IsCancellationRequested || cells.Any(static cell => cell.IsFailed) ? ExitCode.Failure : ExitCode.Success;
        }
        catch (FormatException error)
        {
            Console.Error.WriteLine($"error: {error.Message}");
            return ExitCode.Usage;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: {error.Message}");
            return ExitCode.Failure;
        }
    }

    private static CompareSettings Read(ParseResult parsed, TemporaryFolder folder)
    {
        Require(Programs.Find("taskset") is not null, "taskset is missing (package util-linux)");
        Require(parsed.GetValue(Rounds) is > 0 and <= 1000, "--rounds: expected a number from 1 to 1000");
        Require(parsed.GetValue(Seconds) is >= 0.1 and <= 600, "--seconds: expected a number from 0.1 to 600");
        Require(parsed.GetValue(WarmUp) is >= 0 and <= 600, "--warmup: expected a number from 0 to 600");
        var (workloads, proxies) = (ReadWorkloads(parsed), ReadProxies(parsed));
        var hasTls = workloads.Any(static workload => workload.Tls != TlsSides.None);
        if (hasTls)
        {
            var without = proxies.Where(static proxy => !proxy.SupportsTls).Select(static proxy => proxy.Name).ToArray();
            Require(without.Length < proxies.Count, "--workloads: none of the proxies does TLS");
            if (without.Length > 0)
            {
                Console.Error.WriteLine($"left out of the workloads with TLS: {string.Join(", ", without)}");
            }
        }

        var settings = new CompareSettings
        {
            Proxies = proxies,
            Workloads = workloads,
            Certificates = hasTls ? TestCertificates.Create(folder.Path, parsed.GetValue(Key)) : null,
            Rounds = parsed.GetValue(Rounds),
            Seconds = parsed.GetValue(Seconds),
            WarmUp = parsed.GetValue(WarmUp),
            ProxyCore = parsed.GetValue(ProxyCore),
            LoadCore = parsed.GetValue(LoadCore),
            Output = parsed.GetValue(Output)!,
        };
        Directory.CreateDirectory(settings.Output);
        return settings;
    }

    private static Workload[] ReadWorkloads(ParseResult parsed) =>
    [
        .. Split(parsed.GetValue(Workloads) ?? DefaultGroup).SelectMany(static name => WorkloadCatalog.FindAll(name) is { Count: > 0 } found
            ? found
            : throw new FormatException($"--workloads: '{name}' is not known; expected some of the groups {WorkloadCatalog.Groups}, or of {WorkloadCatalog.Names}")),
    ];

    private static List<ProxyKind> ReadProxies(ParseResult parsed)
    {
        var asked = parsed.GetValue(Proxies) is { } names ? Split(names) : null;
        if (asked?.FirstOrDefault(static name => !ProxyCatalog.Names.Contains(name)) is { } unknown)
        {
            throw new FormatException($"--proxies: '{unknown}' is not known; expected some of {string.Join(", ", ProxyCatalog.Names)}");
        }

        var builds = new LinkerdTcpBuilds
        {
            Path = parsed.GetValue(Executable),
            Baseline = parsed.GetValue(Baseline),
            Arguments = parsed.GetValue(Arguments),
            More = parsed.GetValue(MoreArguments),
            BaselineMore = parsed.GetValue(BaselineMoreArguments),
        };
        var found = new List<ProxyKind>();
        foreach (var kind in ProxyCatalog.Create(builds).Where(kind => asked?.Contains(kind.Name) != false))
        {
            if (kind.FindObstacle() is not { } obstacle)
            {
                found.Add(kind);
            }
            else if (asked is null)
            {
                Console.Error.WriteLine($"left out: {kind.Name}: {obstacle}");
            }
            else
            {
                throw new FormatException($"--proxies: {kind.Name}: {obstacle}");
            }
        }

        Require(found.Count > 0, "no proxy is installed");
        return found;
    }

    private static string[] Split(string names) => names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>A folder that lives as long as the comparison.</summary>
    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("load-test-certificates-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new FormatException(message);
        }
    }
}
