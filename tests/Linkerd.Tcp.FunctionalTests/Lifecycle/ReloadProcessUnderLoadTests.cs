using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// The real executable reloads its file on SIGHUP while clients come without a pause, valid and invalid files by turns, which change everything that can change: no session fails that either would have
/// served, endpoints keep their state, and descriptors and memory are back afterwards. 25 reloads, or what LINKERD_TCP_RELOADS says.
/// </summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
[Trait("Category", "AnyTransport")]
public sealed class ReloadProcessUnderLoadTests : IAsyncLifetime
{
    private const int Held = 8;
    private const int MostDescriptors = 8;
    private const long MostLeft = 32 << 20;

    private static readonly int Reloads = int.Parse(Environment.GetEnvironmentVariable("LINKERD_TCP_RELOADS") ?? "25", CultureInfo.InvariantCulture);

    private readonly ReloadScenario _scenario = new();
    private readonly FileProxy _proxy = new();
    private readonly TcpBackend _first = new(Serve.EchoAsync);
    private readonly TcpBackend _second = new(Serve.EchoAsync);
    private readonly TcpListener _occupied = new(IPAddress.Loopback, 0);

    public ValueTask InitializeAsync()
    {
        Require.Linux();
        _occupied.Start();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        _occupied.Dispose();
        _scenario.Dispose();
    }

    [Fact]
    public async Task HangUp_UnderLoad_LosesNoSessionAndNoState()
    {
        await _proxy.StartAsync(Print(New(0)));
        var held = await Task.WhenAll(Enumerable.Range(0, Held).Select(_ => ReloadScenario.ConnectAsync(_scenario.Ports[0])));
        await Task.WhenAll(held.Select(ReloadScenario.PingAsync));
        var load = _scenario.StartLoad();

        // What is made once, such as the compiled code of everything, is there afterwards.
        for (var i = 1; i <= 12; i++)
        {
            await ReloadAsync(i % 12);
        }

        await ReloadAsync(0);
        await _scenario.WaitForSessionsAsync(100);
        var (descriptors, memory) = (_proxy.Process.DescriptorCount, new ResidentMemory(_proxy.Process));
        var picks = await PicksAsync();
        for (var i = 1; i <= Reloads; i++)
        {
            _scenario.Reload = i;
            if (i % 2 == 0)
            {
                await ReloadAsync(i / 2);
            }
            else
            {
                var shown = await _proxy.GetAsync("/config");
                var kind = i / 2 % (ReloadScenario.NoAccessLog + 1);
                var next = ReloadScenario.Invalid(kind, New((i / 2) + (kind == ReloadScenario.InUse ? 0 : 1)), ((IPEndPoint)_occupied.LocalEndpoint).Port);
                Assert.False(await _proxy.ReloadAsync(kind == 0 ? "routers: 7\n" : Print(next)));
                Assert.Equal(shown, await _proxy.GetAsync("/config"));
            }

            await Task.WhenAll(held.Select(ReloadScenario.PingAsync));
            await _scenario.WaitForSessionsAsync(20);

            // A pick for each session and none forgotten: the same endpoints, with their history.
            var now = await PicksAsync();
            Assert.True(now > picks, $"{now} picks, and {picks} before");
            picks = now;
        }

        _scenario.StopLoad();
        await load;
        Assert.True(_scenario.Failures.Count == 0, string.Join("; ", _scenario.Failures));
        await ReloadAsync(0);
        await Eventually.IsTrueAsync(async () => FileProxy.Value(await _proxy.GetAsync("/metrics"), "linkerd_tcp_sessions_active", "router=\"default\"") == Held, static () => "sessions did not end");
        Assert.Equal(Held, (await EndpointsAsync()).Sum(static endpoint => endpoint.GetProperty("open").GetInt64()));
        await Eventually.IsTrueAsync(() => _proxy.Process.DescriptorCount <= descriptors + MostDescriptors, () => $"{_proxy.Process.DescriptorCount} descriptors are open; {descriptors} were before");
        await Eventually.IsTrueAsync(() => memory.Growth < MostLeft, memory.ToString);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Reloads} reloads, {_scenario.Served} sessions served, {_scenario.Failures.Count} lost, {_proxy.Process.DescriptorCount - descriptors} descriptors more; {memory}");
        Array.ForEach(held, static session => session.Dispose());
    }

    private async Task ReloadAsync(int number)
    {
        Assert.True(await _proxy.ReloadAsync(Print(New(number))), string.Join('\n', _proxy.Process.Error.Lines.TakeLast(20)));
        Assert.Equal(1, FileProxy.Value(await _proxy.GetAsync("/metrics"), "linkerd_tcp_config_last_reload_success"));
    }

    private async Task<IReadOnlyList<JsonElement>> EndpointsAsync()
    {
        using var document = JsonDocument.Parse(await _proxy.GetAsync("/api/v1/endpoints?router=default&destination=/svc/web"));
        return [.. document.RootElement.GetProperty("items").EnumerateArray().Select(static endpoint => endpoint.Clone())];
    }

    private async Task<long> PicksAsync() => (await EndpointsAsync()).Sum(static endpoint => endpoint.GetProperty("picks").GetInt64());

    private ProxyConfiguration New(int number)
    {
        var configuration = _scenario.New(number, _first, _second);
        configuration.Transport = Enum.Parse<TransportEngine>(FileProxy.Transport, ignoreCase: true);
        configuration.Admin = new AdminConfiguration { Port = _proxy.AdminPort, OpenLoopback = true };
        return configuration;
    }

    private static string Print(ProxyConfiguration configuration) => ConfigurationPrinter.Print(configuration, KnownKinds.Table);
}
