using System.Diagnostics.Metrics;
using System.Net;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Running;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.FunctionalTests;

public sealed class ConfigurationReloaderTests : IAsyncLifetime
{
    private readonly Meter _meter = new("Linkerd.Tcp.Test");
    private ProxyHost _host = null!;
    private Func<ReadConfiguration> _read = static () => new ReadConfiguration(New(), [], []);
    private int _reads;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = new ProxyHost(New(), KnownKinds.Table, NullLoggerFactory.Instance, _meter);
        await _host.StartAsync(Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _meter.Dispose();
    }

    [Fact]
    public async Task ReloadAsync_ValidInvalidAndUnchanged_IsToldInResultAndInstruments()
    {
        var values = new Dictionary<string, double>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => { if (instrument.Meter == _meter && instrument.Name.Contains(".config.", StringComparison.Ordinal)) { listener.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => values[$"{instrument.Name} {tags[0].Value}"] = values.GetValueOrDefault($"{instrument.Name} {tags[0].Value}") + value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => values[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => values[instrument.Name] = value);
        var reloader = NewReloader();
        listener.Start();
        Assert.Null(reloader.Last);
        reloader.OnStarted();

        var result = await reloader.ReloadAsync("first");
        Assert.Equal((true, "first", 0, 0), (result.Success, result.Trigger, result.Applied.Count, result.NotApplied.Count));

        _read = static () => new ReadConfiguration(null, ["a.yml:1:2: loops: wrong"], ["a.yml:3:1: old"]);
        result = await reloader.ReloadAsync("second");
        Assert.Equal((false, "a.yml:1:2: loops: wrong", "a.yml:3:1: old"), (result.Success, Assert.Single(result.Problems), Assert.Single(result.Warnings)));
        listener.RecordObservableInstruments();
        Assert.Equal(0, values["linkerd.tcp.config.last_reload.success"]);

        _read = static () => new ReadConfiguration(New(loops: -1), [], []);
        result = await reloader.ReloadAsync("third");
        Assert.StartsWith("loops: ", Assert.Single(result.Problems), StringComparison.Ordinal);

        _read = static () => new ReadConfiguration(New(loops: 3, retries: 7), [], []);
        result = await reloader.ReloadAsync("fourth");
        Assert.Equal((true, "routers[default].client.retries", "loops"), (result.Success, Assert.Single(result.Applied), Assert.Single(result.NotApplied)));
        Assert.Same(result, reloader.Last);
        listener.RecordObservableInstruments();
        Assert.Equal(1, values["linkerd.tcp.config.last_reload.success"]);
        Assert.Equal(result.Time.ToUnixTimeMilliseconds() / 1000.0, values["linkerd.tcp.config.last_reload.time"]);
        Assert.Equal((2, 2), (values["linkerd.tcp.config.reloads success"], values["linkerd.tcp.config.reloads failure"]));
    }

    [Fact]
    public async Task ReloadAsync_RequestsDuringOne_ShareTheNext()
    {
        using var begun = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        _read = () =>
        {
            begun.Release();
            go.Wait(Stop);
            return new ReadConfiguration(New(), [], []);
        };
        var reloader = NewReloader();
        var first = reloader.ReloadAsync("1");
        Assert.False(begun.Wait(50, Stop), "a reload before the start must wait");
        reloader.OnStarted();
        await begun.WaitAsync(Stop);
        var others = Enumerable.Range(2, 5).Select(i => reloader.ReloadAsync($"{i}")).ToList();
        go.Release(2);
        Assert.Equal("1", (await first.InTimeAsync()).Trigger);
        var results = await Task.WhenAll(others).InTimeAsync();
        Assert.All(results, result => Assert.Same(results[0], result));
        Assert.Equal(("2", 2), (results[0].Trigger, _reads));
    }

    [Fact]
    public async Task ReloadAsync_HostThatWasDrained_FailsAndSaysWhy()
    {
        var reloader = NewReloader();
        reloader.OnStarted();
        await _host.DrainAsync(TimeSpan.Zero, Stop);
        var result = await reloader.ReloadAsync("late");
        Assert.False(result.Success);
        Assert.Contains("drained", Assert.Single(result.Problems), StringComparison.Ordinal);
    }

    private static ProxyConfiguration New(int loops = 1, int? retries = null) => new()
    {
        Loops = loops,
        Routers =
        [
            new RouterConfiguration
            {
                Interpreter = new StaticInterpreterConfiguration { Addrs = [new IPEndPoint(IPAddress.Loopback, 1)] },
                Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/svc/web") }],
                Client = new ClientConfiguration { Global = new ClientSettings { Retries = retries } },
            },
        ],
    };

    private ConfigurationReloader NewReloader() => new(
        _host,
        () =>
        {
            Interlocked.Increment(ref _reads);
            return _read();
        },
        static _ => new ProcessChange([], static _ => { }, static () => { }),
        NullLoggerFactory.Instance,
        _meter,
        TimeProvider.System);
}
