using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Running;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// Reloads while clients come without a pause, valid and invalid configurations by turns, which change everything that can change: no session fails that either would have served, the state of endpoints is
/// kept, and descriptors and memory are back afterwards. 25 reloads, or what LINKERD_TCP_RELOADS says.
/// </summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class ReloadUnderLoadTests : IDisposable
{
    private const int Held = 8;

    // The process is that of the tests, whose runtime has some of its own. A leak of one in ten reloads shows in the long run.
    private const int MostDescriptors = 16;

    // Of 200 reloads, it is less than 4 MiB.
    private const long MostLeft = 16 << 20;

    private static readonly int Reloads = int.Parse(Environment.GetEnvironmentVariable("LINKERD_TCP_RELOADS") ?? "25", CultureInfo.InvariantCulture);

    private readonly ReloadScenario _scenario = new();

    public void Dispose() => _scenario.Dispose();

    [Fact]
    public async Task ReloadAsync_UnderLoad_LosesNoSessionAndNoState()
    {
        Require.Linux();
        await using var first = new TcpBackend(Serve.EchoAsync);
        await using var second = new TcpBackend(Serve.EchoAsync);
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        using var meter = new Meter(LinkerdTcpTelemetry.MeterName);
        ReadConfiguration read = null!;
        await using var host = new ProxyHost(_scenario.New(0, first, second), KnownKinds.Table, NullLoggerFactory.Instance, meter);
        var reloader = new ConfigurationReloader(host, () => read, static _ => new ProcessChange([], static _ => { }, static () => { }), NullLoggerFactory.Instance, meter, TimeProvider.System);
        await host.StartAsync(TestContext.Current.CancellationToken);
        reloader.OnStarted();
        var held = await Task.WhenAll(Enumerable.Range(0, Held).Select(_ => ReloadScenario.ConnectAsync(_scenario.Ports[0])));
        await Task.WhenAll(held.Select(ReloadScenario.PingAsync));
        var endpoints = Endpoints(host);

        // What is made once, such as the resolver of hosts, is there afterwards.
        await ReloadAsync(_scenario.New(1, first, second));
        await ReloadAsync(_scenario.New(0, first, second));
        var (descriptors, memory) = (Descriptors(), GC.GetTotalMemory(forceFullCollection: true));
        var load = _scenario.StartLoad();
        for (var i = 1; i <= Reloads; i++)
        {
            _scenario.Reload = i;
            if (i % 2 == 0)
            {
                Assert.True((await ReloadAsync(_scenario.New(i / 2, first, second))).Success, string.Join("; ", reloader.Last!.Problems));
                Assert.NotEmpty(reloader.Last.Applied);
            }
            else
            {
                var (before, addresses) = (host.Routers[0].Proxy.Options, host.LocalEndPoints);

                var kind = i / 2 % ReloadScenario.NoAccessLog;
                var next = ReloadScenario.Invalid(kind, _scenario.New((i / 2) + (kind == ReloadScenario.InUse ? 0 : 1), first, second), ((IPEndPoint)occupied.LocalEndpoint).Port);
                read = new ReadConfiguration(next, [], []);
                Assert.False((await reloader.ReloadAsync("test")).Success);
                Assert.NotEmpty(reloader.Last!.Problems);
                Assert.Equal(addresses, host.LocalEndPoints);
                Assert.Equal((before.Tcp.WindowSize, before.MaxSessions), (host.Routers[0].Proxy.Options.Tcp.WindowSize, host.Routers[0].Proxy.Options.MaxSessions));
            }

            await Task.WhenAll(held.Select(ReloadScenario.PingAsync));
            await _scenario.WaitForSessionsAsync(20);
        }

        _scenario.StopLoad();
        await load;
        Assert.True(_scenario.Failures.Count == 0, string.Join("; ", _scenario.Failures));
        read = new ReadConfiguration(_scenario.New(0, first, second), [], []);
        await reloader.ReloadAsync("test");

        // The same objects, with the load of the sessions that were open all the time.
        await Eventually.IsTrueAsync(() => host.ActiveSessions == Held, () => $"{host.ActiveSessions} sessions are open");
        Assert.All(Endpoints(host).Zip(endpoints), static pair => Assert.Same(pair.First, pair.Second));
        Assert.Equal(Held, endpoints.Sum(static endpoint => endpoint.Load));
        await Eventually.IsTrueAsync(() => Descriptors() <= descriptors + MostDescriptors, () => $"{Descriptors()} descriptors are open; {descriptors} were before");
        await Eventually.IsTrueAsync(() => GC.GetTotalMemory(forceFullCollection: true) - memory < MostLeft, () => $"{GC.GetTotalMemory(forceFullCollection: true) - memory} bytes more are in use");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Reloads} reloads, {_scenario.Served} sessions served, {_scenario.Failures.Count} lost, {Descriptors() - descriptors} descriptors and {(GC.GetTotalMemory(forceFullCollection: true) - memory) / 1024} KiB more");
        Array.ForEach(held, static session => session.Dispose());

        Task<ReloadResult> ReloadAsync(ProxyConfiguration configuration)
        {
            read = new ReadConfiguration(configuration, [], []);
            return reloader.ReloadAsync("test");
        }
    }

    private static ServerEndpoint[] Endpoints(ProxyHost host) =>
        [.. host.Routers[0].Destinations.Get(DstPath.Parse("/svc/web")).Balancer.Endpoints.OrderBy(static endpoint => ((IPEndPoint)endpoint.Address).Port)];

    private static int Descriptors() => Directory.GetFiles("/proc/self/fd").Length;
}
