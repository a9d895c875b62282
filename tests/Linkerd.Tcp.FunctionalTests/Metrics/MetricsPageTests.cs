using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Linkerd.Tcp.Cli.AccessLog;
using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Cli.Logging;
using Linkerd.Tcp.Cli.Metrics;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Running;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.TestUtilities.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.FunctionalTests.Metrics;

/// <summary>The page of metrics has each instrument, with its name, kind and unit, and no other.</summary>
[Collection(nameof(MetersOfThisProcess))]
[Trait("Category", "AnyTransport")]
public sealed partial class MetricsPageTests
{
    // Without the prefix l5d:.
    private static readonly string[] NamesOfTheOriginal =
    [
        "route_create", "route_error", "route_found", "route_time_us", "resolver:request_latency_ms", "resolver:success_count", "resolver:failure_count",
        "balancer:waiters", "balancer:poll_time_us", "balancer:unavailable", "balancer:endpoint:available", "balancer:endpoint:failed", "balancer:endpoint:retired",
        "balancer:connection:pending", "balancer:connection:open", "balancer:connection:attempts", "balancer:connection:connects", "balancer:connection:failure",
        "balancer:connection:latency_us", "balancer:connection:duration_ms", "srv:accepts", "srv:closes", "srv:failures", "srv:active", "srv:waiters",
        "srv:connect:latency_us", "srv:connect:failure", "srv:stream:rx_bytes", "srv:stream:tx_bytes", "srv:stream:connection_rx_bytes", "srv:stream:connection_tx_bytes",
        "srv:stream:duration_ms", "srv:stream:failure", "srv:tls:handshake_us",
    ];

    [Fact]
    public async Task Page_Instruments_AreThoseThatExist()
    {
        Require.Epoll();
        var published = new ConcurrentDictionary<string, Instrument>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name is LinkerdTcpTelemetry.MeterName or LinkerdTcpTelemetry.EndpointMeterName or ProcessInstruments.MeterName)
                {
                    published[instrument.Name] = instrument;
                }
            },
        };
        listener.Start();
        using var process = ProcessInstruments.Create("1");
        using var meter = new Meter(LinkerdTcpTelemetry.MeterName);
        var run = Assert.IsType<ParsedCommandLine.Run>(CommandLineParser.Parse(["--transport", "epoll", "127.0.0.1:1"]));
        await using var host = new ProxyHost(run.Configuration, KnownKinds.Table, meter: meter);
        _ = new ConfigurationReloader(host, null, static _ => new ProcessChange([], static _ => { }, static () => { }), NullLoggerFactory.Instance, meter, TimeProvider.System);
        using var directory = new TemporaryDirectory();
        using var accessLogs = new AccessLogs(NullLoggerFactory.Instance, meter, TimeProvider.System);
        accessLogs.Use(accessLogs.Open(new AccessLogConfiguration { Path = directory["access.log"] }));
        using var log = new LineQueue(TextWriter.Null, TimeProvider.System);

        var rows = Rows().Select(static cells => string.Join(' ', cells[1..5].Select(static cell => cell.Trim('`')))).Order(StringComparer.Ordinal);

        Assert.Equal(published.Values.Select(Describe).Order(StringComparer.Ordinal), rows);
    }

    [Fact]
    public void Page_EachRow_SaysWhatItMeansAndWhatToDo() =>
        Assert.All(Rows(), static cells => Assert.True(cells[6].Length > 0 && cells[7].Length > 0, cells[1]));

    [Fact]
    public void Page_NamesOfTheOriginal_AreAllThere()
    {
        var named = Rows().SelectMany(static cells => QuotedPattern().Matches(cells[8]).Select(static match => match.Groups[1].Value));

        Assert.Empty(NamesOfTheOriginal.Except(named));
    }

    [Theory]
    [InlineData("grafana-dashboard.json")]
    [InlineData("linkerd-tcp.rules.yml")]
    public void Deploy_Series_AreOnThePage(string file)
    {
        var known = Rows().SelectMany(static cells => cells[3] == "histogram" ? ["_bucket", "_sum", "_count"] : (string[])[string.Empty], static (cells, suffix) => cells[2].Trim('`') + suffix);
        var used = SeriesPattern().Matches(File.ReadAllText(Golden(file))).Select(static match => match.Value).ToHashSet();

        Assert.True(used.Count > 5);
        Assert.Empty(used.Except(known));
    }

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);

    // The cells of each row, from the second on.
    private static IEnumerable<string[]> Rows() => File.ReadLines(Golden("metrics.md"))
        .Where(static line => line.StartsWith("| `", StringComparison.Ordinal) && line.Split('|').Length > 8)
        .Select(static line => Array.ConvertAll(line.Split('|'), static cell => cell.Trim()));

    private static string Describe(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        var kind = type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? "counter"
            : type == typeof(ObservableUpDownCounter<>) ? "up-down counter"
            : type == typeof(Histogram<>) ? "histogram" : "gauge";
        return $"{instrument.Name} {PrometheusName.Of(instrument)}{(kind == "counter" ? "_total" : string.Empty)} {kind} {instrument.Unit}";
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex QuotedPattern();

    // Of Prometheus: all that this program has begin so.
    [GeneratedRegex(@"\b(linkerd_tcp|process|dotnet)_[a-z0-9_]+")]
    private static partial Regex SeriesPattern();
}
