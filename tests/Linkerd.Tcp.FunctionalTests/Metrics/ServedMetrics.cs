using System.Diagnostics.Metrics;
using System.Net;
using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Cli.Metrics;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Linkerd.Tcp.FunctionalTests.Metrics;

/// <summary>A proxy of this process with its metrics served over HTTP.</summary>
internal sealed class ServedMetrics : IAsyncDisposable
{
    private readonly Meter _meter = new(LinkerdTcpTelemetry.MeterName);
    private readonly MetricsEndpoint _endpoint = MetricsEndpoint.Create("1.2.3");
    private readonly HttpClient _client = new();
    private readonly WebApplication _application;
    private readonly ProxyHost _proxy;

    private ServedMetrics(string[] arguments)
    {
        var run = Assert.IsType<ParsedCommandLine.Run>(CommandLineParser.Parse(["-l", "127.0.0.1:0", .. arguments]));
        _proxy = new ProxyHost(run.Configuration, KnownKinds.Table, meter: _meter);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        _application = builder.Build();
        _application.Urls.Add($"http://{Address}");
        _endpoint.Map(_application);
    }

    /// <summary>The address of the metrics.</summary>
    public IPEndPoint Address { get; } = FreePort.NextEndPoint();

    /// <summary>The address of the proxy.</summary>
    public EndPoint Proxy => _proxy.LocalEndPoints[0];

    public static async Task<ServedMetrics> StartAsync(params string[] arguments)
    {
        var served = new ServedMetrics(arguments);
        await served._proxy.StartAsync(TestContext.Current.CancellationToken);
        await served._application.StartAsync(TestContext.Current.CancellationToken);
        return served;
    }

    public async Task<HttpResponseMessage> GetAsync(string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{Address}/metrics"));
        request.Headers.TryAddWithoutValidation("Accept", accept ?? "text/plain");
        return await _client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<string> ReadAsync(string? accept = null)
    {
        using var response = await GetAsync(accept);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await _proxy.DisposeAsync();
        _endpoint.Dispose();
        _client.Dispose();
        _meter.Dispose();
    }
}
