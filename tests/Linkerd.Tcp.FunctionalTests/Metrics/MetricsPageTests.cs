using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Linkerd.Tcp.Cli.AccessLog;
using Linkerd.Tcp.Cli.CommandLine;
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
public sealed class MetricsPageTests
{
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
        await using var host = new ProxyHost(run.Configuration, NamerdKinds.Table, meter: meter);
        _ = new ConfigurationReloader(host, null, static _ => new ProcessChange([], static _ => { }, static () => { }), NullLoggerFactory.Instance, meter, TimeProvider.System);
        using var directory = new TemporaryDirectory();
        using var accessLogs = new AccessLogs(NullLoggerFactory.Instance, meter, TimeProvider.System);
        accessLogs.Use(accessLogs.Open(new AccessLogConfiguration { Path = directory["access.log"] }));

        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", "metrics.md"))
            .Where(static line => line.StartsWith("| `", StringComparison.Ordinal) && line.Split('|').Length > 8)
            .Select(static line => string.Join(' ', line.Split('|')[1..5].Select(static cell => cell.Trim().Trim('`'))))
            .Order(StringComparer.Ordinal);

        Assert.Equal(published.Values.Select(Describe).Order(StringComparer.Ordinal), rows);
    }

    private static string Describe(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        var kind = type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? "counter"
            : type == typeof(ObservableUpDownCounter<>) ? "up-down counter"
            : type == typeof(Histogram<>) ? "histogram" : "gauge";
        return $"{instrument.Name} {PrometheusName.Of(instrument)}{(kind == "counter" ? "_total" : string.Empty)} {kind} {instrument.Unit}";
    }
}
