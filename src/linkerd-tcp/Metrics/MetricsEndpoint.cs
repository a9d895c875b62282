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

    // Bytes.
    private const int MaxWrite = 32 * 1024;

    private static readonly string[] OwnMeters = [LinkerdTcpTelemetry.MeterName, LinkerdTcpTelemetry.EndpointMeterName, ProcessInstruments.MeterName];

    private readonly MeterProvider _provider;
    private readonly ObservedSeries _observed = new(static instrument => instrument.IsObservable && IsOwn(instrument));
    private readonly Meter _process;

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
        var answers = new ScrapeQueue(accept => CollectAsync(accept, exporter), TimeProvider.System);
        return endpoints.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], context => ServeAsync(context, answers));
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

    private static async Task ServeAsync(HttpContext context, ScrapeQueue answers)
    {
        if (await answers.GetAsync(context.Request.Headers.Accept.ToString()).ConfigureAwait(false) is not { } answer)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
            return;
        }

        try
        {
            await WriteAsync(context, answer).ConfigureAwait(false);
        }
        finally
        {
            answer.Leave();
        }
    }

    private static async Task WriteAsync(HttpContext context, ScrapeAnswer answer)
    {
        var response = context.Response;
        (response.StatusCode, response.ContentType, response.ContentLength) = (answer.Status, answer.ContentType, answer.Parts.Sum(static part => (long)part.Written.Length));
        using var cut = answer.Cut.UnsafeRegister(static state => ((HttpContext)state!).Abort(), context);
        foreach (var part in answer.Parts)
        {
            // A write is copied as a whole before it waits for the client.
            for (var at = 0; at < part.Written.Length; at += MaxWrite)
            {
                context.RequestAborted.ThrowIfCancellationRequested();
                await response.Body.WriteAsync(part.Written[at..Math.Min(at + MaxWrite, part.Written.Length)], context.RequestAborted).ConfigureAwait(false);
            }
        }
    }

    // The exporter selects the format, and its part has the end of OpenMetrics, so it is last, although what it has negotiated must be known first. It gets no Accept-Encoding, as it would compress its part alone.
    private async Task<ScrapeAnswer> CollectAsync(string accept, RequestDelegate exporter)
    {
        var counted = new SeriesBuffer();
        var context = new DefaultHttpContext();
        context.Request.Method = HttpMethods.Get;
        context.Request.Headers.Accept = accept;
        using var body = new MemoryStream();
        context.Response.Body = body;
        await exporter(context).ConfigureAwait(false);
        counted.Append(body.GetBuffer().AsSpan(0, (int)body.Length));
        var contentType = context.Response.ContentType;
        var isOpenMetrics = contentType?.StartsWith("application/openmetrics-text", StringComparison.Ordinal) == true;
        return new(context.Response.StatusCode, contentType, context.Response.StatusCode == StatusCodes.Status200OK ? [.. _observed.Collect(isOpenMetrics), counted] : [counted]);
    }
}
