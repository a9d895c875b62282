using System.Diagnostics.Metrics;
using System.Net;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

public sealed class EndpointInstrumentsTests : IAsyncDisposable
{
    private static readonly DstPath Web = DstPath.Parse("/svc/web");

    private readonly Meter _meter = new(new MeterOptions(LinkerdTcpTelemetry.MeterName) { Tags = [new("router", "edge")] });
    private readonly StaticResolver _resolver = new();
    private readonly Dictionary<string, double> _seen = [];
    private readonly MeterListener _listener = new();
    private DestinationRegistry? _registry;

    public EndpointInstrumentsTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == LinkerdTcpTelemetry.EndpointMeterName && instrument.Meter.Scope == _meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        if (_registry is not null)
        {
            await _registry.DisposeAsync();
        }

        _meter.Dispose();
    }

    [Fact]
    public async Task Observe_Endpoint_HasItsStateInAtMostTenSeries()
    {
        var destination = await StartAsync(2);
        destination.Balancer.Pick(default, out var failed);
        failed.Failed(ConnectFailure.Refused);
        destination.Balancer.Pick(default, out var open);
        open.Connected(TimeSpan.FromMilliseconds(1));

        Observe();

        Assert.Equal(1, Sum("linkerd.tcp.endpoint.open"));
        Assert.Equal(0, Sum("linkerd.tcp.endpoint.pending"));
        Assert.Equal(2, Sum("linkerd.tcp.endpoint.picks"));
        Assert.Equal(1, Sum("linkerd.tcp.endpoint.failures"));
        Assert.Equal(2, Sum("linkerd.tcp.endpoint.weight"));
        Assert.Equal(0, _seen["linkerd.tcp.endpoint.breaker{destination=/svc/web,endpoint=127.0.0.1:1}"]);
        Assert.Equal(0, Sum("linkerd.tcp.endpoints.omitted"));
        Assert.InRange(_seen.Keys.Count(static key => key.Contains("127.0.0.1:1}", StringComparison.Ordinal) || key.Contains("127.0.0.1:1,", StringComparison.Ordinal)), 8, 10);
        open.Complete();
    }

    [Fact]
    public async Task Observe_Ejected_HasAnOpenBreakerAndNoWeight()
    {
        var destination = await StartAsync(2);
        Assert.True(destination.Balancer.Endpoints[0].Eject(TimeSpan.FromMinutes(1)));

        Observe();

        Assert.Equal(2, _seen["linkerd.tcp.endpoint.breaker{destination=/svc/web,endpoint=127.0.0.1:1}"]);
        Assert.Equal(0, _seen["linkerd.tcp.endpoint.weight{destination=/svc/web,endpoint=127.0.0.1:1}"]);
        Assert.Equal(1, _seen["linkerd.tcp.endpoint.ejections{destination=/svc/web,endpoint=127.0.0.1:1}"]);
    }

    [Fact]
    public async Task Observe_RemovedEndpoint_HasNoSeries()
    {
        var destination = await StartAsync(2);
        Observe();
        Assert.Contains(_seen.Keys, static key => key.Contains("127.0.0.1:2", StringComparison.Ordinal));

        await UpdateAsync(destination, 1);
        Observe();

        Assert.DoesNotContain(_seen.Keys, static key => key.Contains("127.0.0.1:2", StringComparison.Ordinal));
        Assert.Contains(_seen.Keys, static key => key.Contains("127.0.0.1:1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Observe_MoreThanTheLimit_AreCountedAndThoseWithSeriesKeepThem()
    {
        var destination = await StartAsync(5, maximum: 3);

        Observe();

        Assert.Equal(3, _seen.Keys.Count(static key => key.StartsWith("linkerd.tcp.endpoint.open{", StringComparison.Ordinal)));
        Assert.Equal(2, _seen["linkerd.tcp.endpoints.omitted"]);
        var before = Measured();

        await UpdateAsync(destination, 9);
        Observe();

        Assert.Equal(before, Measured());
        Assert.Equal(6, _seen["linkerd.tcp.endpoints.omitted"]);

        string[] Measured() => [.. _seen.Keys.Where(static key => key.StartsWith("linkerd.tcp.endpoint.open{", StringComparison.Ordinal)).Order()];
    }

    [Fact]
    public async Task Observe_LimitLowered_SeriesEnd()
    {
        var destination = await StartAsync(5);
        Observe();
        _registry!.Configure(_ => new DestinationOptions { Resolver = _resolver }, new DestinationRegistryOptions { MaxMeasuredEndpoints = 0 });

        Observe();

        Assert.Equal(["linkerd.tcp.endpoints.omitted"], _seen.Keys);
        Assert.Equal(5, _seen["linkerd.tcp.endpoints.omitted"]);
        Assert.Equal(5, destination.Balancer.Endpoints.Count);
    }

    [Fact]
    public async Task Dispose_Registry_SeriesEnd()
    {
        await StartAsync(1);
        await _registry!.DisposeAsync();

        Observe();

        Assert.Empty(_seen);
    }

    [Fact]
    public async Task Meter_Created_HasTheTagsOfItsParent()
    {
        Instrument? published = null;
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => published = instrument.Meter.Scope == _meter ? instrument : published };
        listener.Start();
        await StartAsync(1);

        Assert.Contains(new KeyValuePair<string, object?>("router", "edge"), published!.Meter.Tags!);
    }

    private async Task<Destination> StartAsync(int count, int maximum = 1_000)
    {
        _registry = new DestinationRegistry(
            _ => new DestinationOptions { Resolver = _resolver }, meter: _meter, options: new DestinationRegistryOptions { MaxMeasuredEndpoints = maximum });
        var destination = _registry.Get(Web);
        await UpdateAsync(destination, count);
        return destination;
    }

    private async Task UpdateAsync(Destination destination, int count)
    {
        _resolver.Update(EndpointSet.Create([.. Enumerable.Range(1, count).Select(static port => new IPEndPoint(IPAddress.Loopback, port))]));
        while (true)
        {
            var version = destination.Version;
            if (destination.Balancer.Endpoints.Count == count)
            {
                return;
            }

            await destination.WaitChangedAsync(version, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
    }

    private void Observe()
    {
        _seen.Clear();
        _listener.RecordObservableInstruments();
    }

    private double Sum(string name) => _seen.Where(series => series.Key == name || series.Key.StartsWith(name + "{", StringComparison.Ordinal)).Sum(static series => series.Value);

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = string.Join(',', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"));
        _seen.Add(labels.Length == 0 ? instrument.Name : $"{instrument.Name}{{{labels}}}", value);
    }
}
