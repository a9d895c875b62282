using System.Diagnostics.Metrics;
using Linkerd.Tcp.Cli.Statistics;
using Linkerd.Tcp.Diagnostics;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>These make meters of the proxy's own name: a summary hears all of them, so each test looks at instruments of its own.</summary>
public sealed class MetricsSummaryTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Meter _meter = new(LinkerdTcpTelemetry.MeterName);
    private readonly MetricsSummary _summary;
    private readonly string _name = "test." + Guid.NewGuid().ToString("N");

    public MetricsSummaryTests()
    {
        _summary = new MetricsSummary(_time);
    }

    public void Dispose()
    {
        _summary.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Report_Counter_HasTotalsAndTheRateSinceTheLastReport()
    {
        var counter = _meter.CreateCounter<long>(_name, "By");
        counter.Add(10, new KeyValuePair<string, object?>("side", "upstream"));
        counter.Add(5, new KeyValuePair<string, object?>("side", "downstream"));
        counter.Add(10, new KeyValuePair<string, object?>("side", "upstream"));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([$"{_name}{{side=upstream}} total=20 rate=2/s By", $"{_name}{{side=downstream}} total=5 rate=0.5/s By"], Report());
        counter.Add(30, new KeyValuePair<string, object?>("side", "upstream"));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([$"{_name}{{side=upstream}} total=50 rate=3/s By", $"{_name}{{side=downstream}} total=5 rate=0/s By"], Report());
    }

    [Fact]
    public void Report_UpDownCounter_IsALevel()
    {
        var active = _meter.CreateUpDownCounter<int>(_name);
        active.Add(3);
        active.Add(-1);
        Assert.Equal([$"{_name} value=2"], Report());
    }

    [Fact]
    public void Report_Observables_AreAskedEachTimeAndForgetWhatIsGone()
    {
        var endpoints = new List<Measurement<int>> { new(2, new KeyValuePair<string, object?>("name", "/a")), new(1, new KeyValuePair<string, object?>("name", "/b")) };
        _meter.CreateObservableGauge(_name, () => endpoints);
        _meter.CreateObservableCounter(_name + ".total", () => 7L);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([$"{_name}{{name=/a}} value=2", $"{_name}{{name=/b}} value=1", $"{_name}.total total=7 rate=7/s"], Report());
        endpoints.RemoveAt(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([$"{_name}{{name=/b}} value=1", $"{_name}.total total=7 rate=0/s"], Report());
    }

    [Fact]
    public void Report_Histogram_HasTheValuesSinceTheLastReport()
    {
        var histogram = _meter.CreateHistogram<double>(_name, "s");
        for (var i = 1; i <= 1000; i++)
        {
            histogram.Record(i / 1000.0);
        }

        var parts = Assert.Single(Report()).Split(' ');
        Assert.Equal([_name, "count=1000", "mean=0.5005"], parts[..3]);
        Assert.InRange(double.Parse(parts[3]["p50=".Length..], System.Globalization.CultureInfo.InvariantCulture), 0.46, 0.54);
        Assert.InRange(double.Parse(parts[4]["p99=".Length..], System.Globalization.CultureInfo.InvariantCulture), 0.92, 1.0);
        Assert.Equal(["max=1", "s"], parts[5..]);
        Assert.Equal([$"{_name} count=0 s"], Report());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(1e-300)]
    [InlineData(1e300)]
    public void Report_HistogramValueOutsideTheBuckets_IsCountedAtTheEdge(double value)
    {
        _meter.CreateHistogram<double>(_name).Record(value);
        Assert.StartsWith($"{_name} count=1 ", Assert.Single(Report()), StringComparison.Ordinal);
    }

    [Fact]
    public void Report_MoreTagsThanAnyoneNeeds_AreSummedUp()
    {
        var counter = _meter.CreateCounter<long>(_name);
        for (var i = 0; i < 1000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("client", i));
        }

        var lines = Report();
        Assert.Equal(256, lines.Count);
        Assert.Equal($"{_name}{{other=tags}} total=745 rate=0/s", lines[^1]);
    }

    [Fact]
    public void Report_InstrumentWithoutMeasurements_IsNamed()
    {
        _meter.CreateCounter<long>(_name);
        Assert.Equal([$"{_name} nothing yet"], Report());
    }

    [Fact]
    public void Record_SeenTags_AllocatesNothing()
    {
        var counter = _meter.CreateCounter<long>(_name);
        var histogram = _meter.CreateHistogram<double>(_name + ".h");
        Measure(10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Measure(10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Measure(int times)
        {
            for (var i = 0; i < times; i++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("side", "upstream"), new KeyValuePair<string, object?>("direction", "receive"));
                histogram.Record(0.001, new KeyValuePair<string, object?>("side", "upstream"));
            }
        }
    }

    private List<string> Report() => [.. _summary.Report().Where(line => line.StartsWith(_name, StringComparison.Ordinal))];
}
