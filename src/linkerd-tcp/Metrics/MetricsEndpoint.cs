using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Linkerd.Tcp.Cli.Metrics;

/// <summary>
/// Serves all metrics of the process in Prometheus' text format, or as OpenMetrics if the client prefers that. OpenTelemetry's exporter has the counters and histograms, whose tags have few values; observable
/// instruments are written as they are observed (<see cref="ObservedSeries"/>). Create it before the instruments that are to be counted.
/// </summary>
internal sealed class MetricsEndpoint : IDisposable
{
    // Combinations of tags, for which the exporter reserves memory: close reasons and causes. Certificates have most, by file and cause.
    private const int MaxSeriesOfCounters = 500;

    // A response is in memory until its client has read it.
    private const int MaxConcurrent = 8;

    private static readonly string[] OwnMeters = [LinkerdTcpTelemetry.MeterName, LinkerdTcpTelemetry.EndpointMeterName, ProcessInstruments.MeterName];

    private readonly MeterProvider _provider;
    private readonly ObservedSeries _observed = new(static instrument => instrument.IsObservable && IsOwn(instrument));
    private readonly Meter _process;
    private int _concurrent;

    private MetricsEndpoint(string version)
    {
        _process = ProcessInstruments.Create(version);
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter([.. OwnMeters, "System.Runtime"])
            .AddView(SelectView)
            .SetExemplarFilter(ExemplarFilterType.AlwaysOff)
            .ConfigureResource(static resource => resource.Clear())
            .AddPrometheusExporter(static options =>
            {
                options.TargetInfoEnabled = false;
                options.ScrapeResponseCacheDurationMilliseconds = 0;
            })
            .Build();
    }

    /// <summary>Starts to count.</summary>
    /// <param name="version">The version of the program.</param>
    public static MetricsEndpoint Create(string version) => new(version);

    /// <summary>Maps the path to the metrics.</summary>
    public IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string path = "/metrics")
    {
        var pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseOpenTelemetryPrometheusScrapingEndpoint(_provider, static _ => true, path: null, configureBranchedPipeline: null, optionsName: null);
        var exporter = pipeline.Build();
        return endpoints.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], context => ServeAsync(context, exporter));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _observed.Dispose();
        _provider.Dispose();
        _process.Dispose();
    }

    private static bool IsOwn(Instrument instrument) => Array.IndexOf(OwnMeters, instrument.Meter.Name) >= 0;

    private static MetricStreamConfiguration? SelectView(Instrument instrument) => instrument switch
    {
        _ when IsOwn(instrument) => instrument.IsObservable ? MetricStreamConfiguration.Drop : new MetricStreamConfiguration { CardinalityLimit = MaxSeriesOfCounters },

        // Prometheus reserves the suffix _count; nothing is compiled at run time.
        { Name: "dotnet.assembly.count" or "dotnet.timer.count" or "dotnet.process.cpu.count" } => MetricStreamConfiguration.Drop,
        _ when instrument.Name.StartsWith("dotnet.jit.", StringComparison.Ordinal) => MetricStreamConfiguration.Drop,
        _ => new MetricStreamConfiguration { CardinalityLimit = 50 },
    };

    private async Task ServeAsync(HttpContext context, RequestDelegate exporter)
    {
        if (Interlocked.Increment(ref _concurrent) > MaxConcurrent)
        {
            Interlocked.Decrement(ref _concurrent);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
            return;
        }

        try
        {
            await WriteAsync(context, exporter).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _concurrent);
        }
    }

    private async Task WriteAsync(HttpContext context, RequestDelegate exporter)
    {
        // The exporter selects the format, and its part has the end of OpenMetrics, so it comes last, after what it has negotiated is known. It must not compress its part alone.
        context.Request.Headers.Remove("Accept-Encoding");
        var response = context.Response;
        var body = response.Body;
        using var counted = new MemoryStream();
        response.Body = counted;
        try
        {
            await exporter(context).ConfigureAwait(false);
        }
        finally
        {
            response.Body = body;
        }

        response.ContentLength = null;
        var isOpenMetrics = response.ContentType?.StartsWith("application/openmetrics-text", StringComparison.Ordinal) == true;
        var parts = response.StatusCode == StatusCodes.Status200OK ? _observed.Collect(isOpenMetrics) : [];
        try
        {
            foreach (var part in parts)
            {
                await body.WriteAsync(part.Written, context.RequestAborted).ConfigureAwait(false);
            }

            counted.Position = 0;
            await counted.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            parts.ForEach(static part => part.Dispose());
        }
    }
}
