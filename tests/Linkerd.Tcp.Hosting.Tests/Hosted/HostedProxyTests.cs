using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Linkerd.Tcp.FunctionalTests;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class HostedProxyTests
{
    [Fact]
    public async Task AddTcpProxy_Section_ServesAndTakesAnotherTarget()
    {
        await using var first = new TcpBackend(Serve.GreetAndEcho("first"));
        await using var second = new TcpBackend(Serve.GreetAndEcho("second"));
        await using var app = new HostedApp(Web(first), static (services, configuration) => services.AddTcpProxy("web", configuration.GetSection("Proxies:web")));
        await app.App.StartAsync(TestContext.Current.CancellationToken);
        var address = Assert.Single(app.Proxy("web").LocalEndPoints);
        Assert.StartsWith("first", await HostedApp.AskAsync(address), StringComparison.Ordinal);

        app.Change(("Proxies:web:routers:0:servers:0:dstName", second.EndPoint.ToString()));
        await app.WaitForLogAsync("was reloaded");
        Assert.StartsWith("second", await HostedApp.AskAsync(address), StringComparison.Ordinal);
        Assert.Equal(address, Assert.Single(app.Proxy("web").LocalEndPoints));
        await app.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.Contains(app.Log, static line => line.Contains("proxy web has stopped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AddTcpProxy_ReloadThatIsNotValid_IsLoggedAndChangesNothing()
    {
        await using var backend = new TcpBackend(Serve.GreetAndEcho("first"));
        await using var app = new HostedApp(Web(backend), static (services, configuration) => services.AddTcpProxy("web", configuration.GetSection("Proxies:web")));
        await app.App.StartAsync(TestContext.Current.CancellationToken);
        var address = Assert.Single(app.Proxy("web").LocalEndPoints);
        app.Change(("Proxies:web:routers:0:servers:0:idleTimeoutMs", "soon"), ("Proxies:web:routers:0:label", "other"));
        await app.WaitForLogAsync("Proxies:web:routers:0:servers:0:idleTimeoutMs: ");
        Assert.Equal(address, Assert.Single(app.Proxy("web").LocalEndPoints));
        Assert.Equal("default", Assert.Single(app.Proxy("web").Routers).Label);
        Assert.StartsWith("first", await HostedApp.AskAsync(address), StringComparison.Ordinal);

        // It goes on with the next one that is valid.
        app.Change(("Proxies:web:routers:0:servers:0:idleTimeoutMs", "60000"));
        await app.WaitForLogAsync("was reloaded");
        Assert.Equal("other", Assert.Single(app.Proxy("web").Routers).Label);
    }

    [Fact]
    public async Task StartAsync_SectionWithErrors_ThrowsWithAllOfThemAndTheirKeys()
    {
        await using var app = new HostedApp(
            [
                new("Proxies:web:routers:0:servers:0:prot", "7474"),
                new("Proxies:web:routers:0:servers:0:dstName", "/svc/web"),
                new("Proxies:web:routers:0:client:retries", "many"),
            ],
            static (services, configuration) => services.AddTcpProxy("web", configuration.GetSection("Proxies:web")));
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => app.App.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal("web", error.OptionsName);
        Assert.Equal(2, error.Failures.Count());
        Assert.Contains(error.Failures, static failure => failure.StartsWith("Proxies:web:routers:0:servers:0:prot: unknown key; did you mean port?", StringComparison.Ordinal));
        Assert.Contains(error.Failures, static failure => failure.StartsWith("Proxies:web:routers:0:client:retries: 'many'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task StartAsync_NoSection_ThrowsWithTheMissingKey()
    {
        await using var app = new HostedApp([], static (services, configuration) => services.AddTcpProxy("web", configuration.GetSection("Proxies:web")));
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => app.App.StartAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("Proxies:web:routers: the key is missing", Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_CertificateThatIsMissing_ThrowsWithItsKeyAndFile()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        var missing = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"), "web.pem");
        await using var app = new HostedApp(
            [.. Web(backend), new("Proxies:web:routers:0:servers:0:tls:defaultIdentity:certs:0", missing), new("Proxies:web:routers:0:servers:0:tls:defaultIdentity:privateKey", missing)],
            static (services, configuration) => services.AddTcpProxy("web", configuration.GetSection("Proxies:web")));
        var error = await Assert.ThrowsAsync<InvalidOptionsException>(() => app.App.StartAsync(TestContext.Current.CancellationToken));
        var problem = Assert.Single(error.Errors);
        Assert.StartsWith("routers[0].servers[0].tls", problem.Path, StringComparison.Ordinal);
        Assert.Contains(missing, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddTcpProxy_ClockAndObserverOfTheContainer_AreUsed()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        var clock = new FakeTimeProvider(new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero));
        var observer = new RecordingObserver();
        await using var app = new HostedApp(Web(backend), (services, configuration) =>
        {
            services.AddSingleton<TimeProvider>(clock);
            services.AddKeyedSingleton<ISessionObserver>("web", observer);
            services.AddTcpProxy("web", configuration.GetSection("Proxies:web"));
        });
        await app.App.StartAsync(TestContext.Current.CancellationToken);
        (await ConnectAsync(app.Proxy("web"))).Dispose();
        var record = await observer.Ended.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(clock.GetUtcNow(), record.Start);
    }

    [Fact]
    public async Task StartAsync_CodeWithErrors_ThrowsWithTheirPaths()
    {
        await using var app = new HostedApp([], static (services, _) => services.AddTcpProxy("web", static proxy => proxy.Routers = [new RouterConfiguration { Servers = [new ServerConfiguration()] }]));
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => app.App.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains(error.Failures, static failure => failure.StartsWith("routers[0].servers[0].port: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task StopAsync_SessionsBeyondTheShutdownTime_AreAbortedAndCounted()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var app = new HostedApp([], (services, _) => services.AddTcpProxy("web", proxy => Configure(proxy, backend, TimeSpan.FromMinutes(5))), shutdown: TimeSpan.FromSeconds(1));
        await app.App.StartAsync(TestContext.Current.CancellationToken);
        using var client = await ConnectAsync(app.Proxy("web"));
        var watch = Stopwatch.StartNew();
        await app.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(10));
        Assert.Contains(app.Log, static line => line.StartsWith("Warning 8518 proxy web has stopped; 1 sessions were aborted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task StopAsync_SessionsWithinTheGracePeriod_EndByThemselves()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var app = new HostedApp([], (services, _) => services.AddTcpProxy("web", proxy => Configure(proxy, backend, TimeSpan.FromMinutes(5))));
        await app.App.StartAsync(TestContext.Current.CancellationToken);
        using var client = await ConnectAsync(app.Proxy("web"));
        var stop = app.App.StopAsync(TestContext.Current.CancellationToken);
        await app.WaitForLogAsync("proxy web is stopping: 1 sessions");
        Assert.Equal("pong", await HostedApp.AskAsync(client, "pong"));
        client.Dispose();
        await stop;
        Assert.Contains(app.Log, static line => line.StartsWith("Information 8517", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AddTcpProxy_TwoNames_HaveOptionsMetersAndLivesOfTheirOwn()
    {
        await using var first = new TcpBackend(Serve.GreetAndEcho("first"));
        await using var second = new TcpBackend(Serve.GreetAndEcho("second"));
        await using var app = new HostedApp([], (services, _) =>
        {
            services.AddTcpProxy("a", proxy => Configure(proxy, first, TimeSpan.FromSeconds(1)));
            services.AddTcpProxy("b", proxy => Configure(proxy, second, TimeSpan.FromSeconds(1)));

            // The same proxy again: its options are changed.
            services.AddTcpProxy("b", static proxy => proxy.Routers[0].Label = "changed");
        });
        var scope = app.App.Services.GetRequiredService<IMeterFactory>();
        var published = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var all = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Scope == scope)
                {
                    published.Add($"{instrument.Meter.Tags!.First(static tag => tag.Key == "proxy").Value}");
                }
            },
        };
        all.Start();
        await app.App.StartAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("first", await HostedApp.AskAsync(app.Proxy("a").LocalEndPoints[0]), StringComparison.Ordinal);
        Assert.StartsWith("second", await HostedApp.AskAsync(app.Proxy("b").LocalEndPoints[0]), StringComparison.Ordinal);
        Assert.Equal("changed", Assert.Single(app.Proxy("b").Routers).Label);
        Assert.Equal(["a", "b"], published.Distinct().Order());
        await app.App.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task AddTcpProxy_HealthCheck_FollowsListenersNamesAndEndpoints()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        var resolver = new ChangingResolver();
        await using var app = new HostedApp([], (services, _) =>
        {
            services.AddSingleton(resolver);
            services.AddTcpProxy("web", static proxy => proxy.Routers = [new RouterConfiguration { Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/svc/web") }] }]).AddResolver<ChangingResolver>();
            services.AddHealthChecks().AddTcpProxy("web");
        });
        var checks = app.App.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Unhealthy, await StatusAsync());
        await app.App.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Unhealthy, await StatusAsync());
        resolver.Put(new Resolution.Bound(EndpointSet.Create(backend.EndPoint)));
        await Eventually.IsTrueAsync(async () => await StatusAsync() == HealthStatus.Healthy, () => "it is not healthy");
        resolver.Put(new Resolution.Failed("gone"));
        await Eventually.IsTrueAsync(async () => await StatusAsync() == HealthStatus.Degraded, () => "it is not degraded");
        resolver.Put(new Resolution.Bound(EndpointSet.Empty));
        await Eventually.IsTrueAsync(async () => await StatusAsync() == HealthStatus.Unhealthy, () => "it is not unhealthy");
        await app.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.Contains("does not listen", (await checks.CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["web"].Description, StringComparison.Ordinal);

        async Task<HealthStatus> StatusAsync() => (await checks.CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["web"].Status;
    }

    private static IEnumerable<KeyValuePair<string, string?>> Web(TcpBackend backend) =>
    [
        new("Proxies:web:routers:0:servers:0:port", "0"),
        new("Proxies:web:routers:0:servers:0:dstName", backend.EndPoint.ToString()),
    ];

    private static void Configure(ProxyConfiguration proxy, TcpBackend backend, TimeSpan grace)
    {
        proxy.Grace = grace;
        proxy.Routers = [new RouterConfiguration { Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse(backend.Name) }] }];
    }

    private static async Task<Socket> ConnectAsync(ProxyHost proxy)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(proxy.LocalEndPoints[0], TestContext.Current.CancellationToken);
        Assert.Equal("ping", await HostedApp.AskAsync(client));
        return client;
    }

    private sealed class RecordingObserver : ISessionObserver
    {
        public TaskCompletionSource<SessionRecord> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnSessionEnded(SessionRecord record) => Ended.TrySetResult(record);
    }
}
