using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using Perfolizer.Horology;

namespace Linkerd.Tcp.Benchmarks.Baseline;

/// <summary>A class of benchmarks that has a baseline: each of its methods by the time of one that is written by hand, in the same run.</summary>
/// <param name="Benchmarks">The class.</param>
/// <param name="References">The method by hand, for each method; a method that is not named is itself a reference.</param>
/// <param name="IsPinned">Whether one processor does all the work.</param>
internal sealed record BaselineSuite(Type Benchmarks, IReadOnlyDictionary<string, string> References, bool IsPinned)
{
    private static readonly TimeInterval IterationTime = TimeInterval.FromMilliseconds(100);

    /// <summary>All suites.</summary>
    public static IReadOnlyList<BaselineSuite> All { get; } =
    [
        new(
            typeof(PickLatencyBenchmark),
            new[]
            {
                nameof(PickLatencyBenchmark.RoundRobinByHand),
                nameof(PickLatencyBenchmark.LockedScan),
                nameof(PickLatencyBenchmark.P2c),
                nameof(PickLatencyBenchmark.PeakEwma),
                nameof(PickLatencyBenchmark.LeastConnections),
                nameof(PickLatencyBenchmark.RoundRobin),
                nameof(PickLatencyBenchmark.Random),
                nameof(PickLatencyBenchmark.Maglev),
            }.ToDictionary(static name => name, static _ => nameof(PickLatencyBenchmark.ByHand)),
            IsPinned: true),
        new(
            typeof(CopyThroughputBenchmark),
            new Dictionary<string, string>
            {
                [nameof(CopyThroughputBenchmark.DuplexProxySockets)] = nameof(CopyThroughputBenchmark.StreamCopyTo),
                [nameof(CopyThroughputBenchmark.DuplexProxyTls)] = nameof(CopyThroughputBenchmark.SslStreamCopyTo),
                [nameof(CopyThroughputBenchmark.DuplexProxyPipes)] = nameof(CopyThroughputBenchmark.PipeReaderCopyTo),
            },
            IsPinned: false),
    ];

    public string Name => Benchmarks.Name;

    /// <summary>Runs all benchmarks of the class once.</summary>
    /// <returns>The median time of each, in nanoseconds, by the text of its parameters and its name.</returns>
    /// <exception cref="InvalidOperationException">A benchmark failed.</exception>
    public IReadOnlyList<(string Row, string Method, double Nanoseconds)> Run()
    {
        // Without the delay before hot code is compiled for good, which would otherwise end during the measurement.
        var job = Job.Default.WithWarmupCount(6).WithIterationCount(5).WithIterationTime(IterationTime).WithEnvironmentVariables(new EnvironmentVariable("DOTNET_TC_CallCountingDelayMs", "0"));
        if (IsPinned)
        {
            job = job.WithAffinity(1 << (Environment.ProcessorCount - 1));
        }

        var log = new LogCapture();
        var summary = BenchmarkRunner.Run(Benchmarks, ManualConfig.CreateEmpty().AddJob(job).AddLogger(log).WithOptions(ConfigOptions.DisableLogFile).WithBuildTimeout(TimeSpan.FromMinutes(10)));
        if (summary.HasCriticalValidationErrors || summary.Reports.IsEmpty || summary.Reports.Any(static report => report.ResultStatistics is null))
        {
            throw new InvalidOperationException($"{Name} did not run to its end:{Environment.NewLine}{string.Concat(log.CapturedOutput.Select(static line => line.Text))}");
        }

        return [.. summary.Reports.Select(static report => (RowOf(report.BenchmarkCase), report.BenchmarkCase.Descriptor.WorkloadMethod.Name, report.ResultStatistics!.Median))];
    }

    private static string RowOf(BenchmarkCase benchmark) => string.Join(", ", benchmark.Parameters.Items.Select(static item => $"{item.Name} {item.Value}"));
}
