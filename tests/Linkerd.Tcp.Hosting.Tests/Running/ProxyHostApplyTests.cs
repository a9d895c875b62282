using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class ProxyHostApplyTests : IAsyncLifetime
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());

    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly int _port = FreePort();
    private ProxyHost _host = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IPEndPoint Address => (IPEndPoint)_server.LocalEndpoint;

    private IPEndPoint Listening => new(IPAddress.Loopback, _port);

    public async ValueTask InitializeAsync()
    {
        _server.Start();
        _host = new ProxyHost(New(), Table);
        await _host.StartAsync(Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task ApplyAsync_SameConfiguration_IsNoChange()
    {
        var names = _host.Routers[0].Naming;
        var changes = await _host.ApplyAsync(New(), Stop);
        Assert.Empty(changes.Applied);
        Assert.Empty(changes.NotApplied);
        Assert.Same(names, _host.Routers[0].Naming);
    }

    [Fact]
    public async Task ApplyAsync_OtherTimesDtabAndBalancer_SessionAndEndpointGoOn()
    {
        using var session = await ConnectAsync(Listening);
        var endpoint = Endpoint("/svc/web");
        Assert.Equal(1, endpoint.Load);
        var changed = New();
        changed.BufferSizeBytes = 32 * 1024;
        changed.Routers[0].Interpreter = new LocalInterpreterConfiguration { Dtab = Dtab.Parse($"/svc => /x ; /x/web => /$/inet/127.0.0.1/{Address.Port}") };
        (changed.Routers[0].Servers[0].IdleTimeout, changed.Routers[0].Servers[0].ConnectTimeout) = (TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(2));
        changed.Routers[0].Client.Global.Balancer = BalancerKind.LeastConnections;
        changed.Routers[0].Client.Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc"), MaxConsecutiveFailures = 7 }];
        var before = _host.Routers[0].Naming;
        var changes = await _host.ApplyAsync(changed, Stop);
        Assert.Equal(
            [
                "bufferSizeBytes", "routers[default].interpreter.dtab", $"routers[default].servers[{Listening}].connectTimeoutMs", $"routers[default].servers[{Listening}].idleTimeoutMs",
                "routers[default].client.balancer", "routers[default].client.configs[/svc]",
            ],
            changes.Applied);
        Assert.NotSame(before, _host.Routers[0].Naming);
        Assert.Equal([Listening], _host.LocalEndPoints);
        await session.CheckAsync();
        Assert.Same(endpoint, Endpoint("/svc/web"));
        Assert.Equal(1, endpoint.Load);
        using var other = await ConnectAsync(Listening);
        Assert.Equal(2, endpoint.Load);
        Assert.Equal(TimeSpan.FromMinutes(5), _host.Routers[0].Proxy.Options.Listeners[0].Duplex!.IdleTimeout);
    }

    [Fact]
    public async Task ApplyAsync_ServersAddedAndRemoved_SessionsOfTheRemovedOneGoOn()
    {
        using var session = await ConnectAsync(Listening);
        var changed = New();
        changed.Routers[0].Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/svc/web") }];
        var changes = await _host.ApplyAsync(changed, Stop);
        Assert.Equal(["routers[default].servers[127.0.0.1:0]", $"routers[default].servers[{Listening}]"], changes.Applied);
        var added = Assert.Single(_host.LocalEndPoints);
        Assert.NotEqual(Listening, added);
        await session.CheckAsync();
        using var other = await ConnectAsync((IPEndPoint)added);
        Assert.Equal(2, Endpoint("/svc/web").Load);
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(Listening));
    }

    [Fact]
    public async Task ApplyAsync_LoopsAndSomethingElse_LoopsAreSaidEachTimeAndTheRestIsApplied()
    {
        var changed = New();
        changed.Loops = 7;
        changed.Routers[0].Client.Global.Retries = 5;
        var changes = await _host.ApplyAsync(changed, Stop);
        Assert.Equal((["routers[default].client.retries"], ["loops"]), (changes.Applied.ToArray(), changes.NotApplied.ToArray()), Sequences);
        changes = await _host.ApplyAsync(changed, Stop);
        Assert.Equal(([], ["loops"]), (changes.Applied.ToArray(), changes.NotApplied.ToArray()), Sequences);
    }

    [Fact]
    public async Task ApplyAsync_OtherProviderOfTlsAndSomethingElse_ProviderStaysAndTheRestIsApplied()
    {
        var changed = New();
        changed.TlsProvider = TlsProviderKind.DotNet;
        changed.Routers[0].Client.Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc/tls"), Tls = true }];
        var changes = await _host.ApplyAsync(changed, Stop);
        Assert.Equal((["routers[default].client.configs[/svc/tls]"], ["tlsProvider"]), (changes.Applied.ToArray(), changes.NotApplied.ToArray()), Sequences);
        Assert.Equal(TlsProviderKind.Auto, _host.Routers[0].Destinations.Get(DstPath.Parse("/svc/tls")).Options.Tls!.Provider);
    }

    [Fact]
    public async Task ApplyAsync_AddressInUseOfOneRouter_NothingOfAnyRouterChanges()
    {
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        var (listening, options) = (_host.LocalEndPoints, _host.Routers[0].Proxy.Options);
        var free = FreePort();
        var changed = New();
        changed.Routers[0].Servers[0].IdleTimeout = TimeSpan.FromSeconds(9);
        changed.Routers[0].Client.Global.Retries = 5;
        changed.Routers = [.. changed.Routers, NewRouter("second", free), NewRouter("third", ((IPEndPoint)occupied.LocalEndpoint).Port)];
        await Assert.ThrowsAsync<TransportException>(() => _host.ApplyAsync(changed, Stop));
        Assert.Equal(listening, _host.LocalEndPoints);
        Assert.Equal(options.Listeners[0].Duplex!.IdleTimeout, _host.Routers[0].Proxy.Options.Listeners[0].Duplex!.IdleTimeout);
        Assert.Single(_host.Routers);
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(new IPEndPoint(IPAddress.Loopback, free)));

        // Without the third one it works.
        changed.Routers = [.. changed.Routers.Take(2)];
        Assert.Equal(3, (await _host.ApplyAsync(changed, Stop)).Applied.Count);
        using var session = await ConnectAsync(new IPEndPoint(IPAddress.Loopback, free));
        Assert.Equal(["default", "second"], _host.Routers.Select(static router => router.Label));
    }

    [Fact]
    public async Task ApplyAsync_RouterRemoved_ItsSessionsGoOnAndItsServicesEndWithThem()
    {
        var naming = new CountedNaming();
        var table = new ConfigurationTable(new InterpreterKinds(naming.Kind(Address)));
        var configuration = New();
        configuration.Routers = [.. configuration.Routers, new RouterConfiguration { Label = "gone", Interpreter = new CountedNaming.Configuration(), Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/svc/any") }] }];
        configuration.Routers[0].Servers[0].Port = FreePort();
        await using var host = new ProxyHost(configuration, table);
        await host.StartAsync(Stop);
        var removed = host.Routers[1];
        using (var session = await ConnectAsync((IPEndPoint)removed.Proxy.LocalEndPoints[0]))
        {
            configuration.Routers = [configuration.Routers[0]];
            Assert.Equal(["routers[gone]"], (await host.ApplyAsync(configuration, Stop)).Applied);
            Assert.Empty(removed.Proxy.LocalEndPoints);
            Assert.Equal(1, host.ActiveSessions);
            await session.CheckAsync();
            Assert.Equal(0, naming.Disposed);
        }

        await naming.WhenDisposed.WaitAsync(Stop);
        Assert.Equal(0, host.ActiveSessions);
        Assert.Equal(1, naming.Disposed);
    }

    [Fact]
    public async Task ApplyAsync_InterpreterReplaced_TheOneBeforeIsDisposedAndAFailedOneToo()
    {
        var naming = new CountedNaming();
        var table = new ConfigurationTable(new InterpreterKinds(naming.Kind(Address)));
        var configuration = New();
        (configuration.Routers[0].Interpreter, configuration.Routers[0].Servers[0].Port) = (new CountedNaming.Configuration { Text = "1" }, FreePort());
        await using var host = new ProxyHost(configuration, table);
        await host.StartAsync(Stop);
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        configuration.Routers[0].Interpreter = new CountedNaming.Configuration { Text = "2" };
        var servers = configuration.Routers[0].Servers;
        configuration.Routers[0].Servers = [.. servers, new ServerConfiguration { Port = ((IPEndPoint)occupied.LocalEndpoint).Port, DstName = NameTree.Parse("/svc/any") }];
        await Assert.ThrowsAsync<TransportException>(() => host.ApplyAsync(configuration, Stop));
        Assert.Equal((2, 1), (naming.Made, naming.Disposed));
        configuration.Routers[0].Servers = servers;
        Assert.Equal(["routers[default].interpreter.text"], (await host.ApplyAsync(configuration, Stop)).Applied);
        Assert.Equal((3, 2), (naming.Made, naming.Disposed));
        using var session = await ConnectAsync((IPEndPoint)host.LocalEndPoints[0]);
    }

    [Theory]
    [InlineData("/svc/other")]
    [InlineData("/target/x")]
    [InlineData("/svc/web | ~")]
    public async Task ApplyAsync_ServerWithAnotherNameAdded_InterpreterThatKnowsNoNamesServesIt(string name)
    {
        var configuration = New();
        configuration.Routers[0].Interpreter = new StaticInterpreterConfiguration { Addrs = [Address] };
        configuration.Routers[0].Servers = [new ServerConfiguration { Port = FreePort(), DstName = NameTree.Parse("~ | /svc/web") }];
        await using var host = new ProxyHost(configuration, Table);
        await host.StartAsync(Stop);
        configuration.Routers[0].Servers = [configuration.Routers[0].Servers[0], new ServerConfiguration { Port = FreePort(), DstName = NameTree.Parse(name) }];
        Assert.Single((await host.ApplyAsync(configuration, Stop)).Applied);
        using var session = await ConnectAsync((IPEndPoint)host.LocalEndPoints[1]);
    }

    [Fact]
    public async Task ApplyAsync_AddressGoesToAnotherRouter_SocketStaysAndSessionsToo()
    {
        using var session = await ConnectAsync(Listening);
        var before = _host.Routers[0];
        var changed = New();
        changed.Routers = [NewRouter("other", _port)];
        Assert.Equal(["routers[other]", "routers[default]"], (await _host.ApplyAsync(changed, Stop)).Applied);
        Assert.Equal("other", Assert.Single(_host.Routers).Label);
        await session.CheckAsync();
        using var second = await ConnectAsync(Listening);
        Assert.Equal((1, 1), (before.Proxy.ActiveSessions, _host.Routers[0].Proxy.ActiveSessions));

        // To a router that exists, and back.
        changed.Routers = [NewRouter("other", FreePort()), NewRouter("default", _port)];
        await _host.ApplyAsync(changed, Stop);
        using var third = await ConnectAsync(Listening);
        Assert.Equal((1, 1), (_host.Routers[0].Proxy.ActiveSessions, _host.Routers[1].Proxy.ActiveSessions));
        changed.Routers = [NewRouter("other", _port), NewRouter("default", changed.Routers[0].Servers[0].Port!.Value)];
        await _host.ApplyAsync(changed, Stop);
        using var fourth = await ConnectAsync(Listening);
        Assert.Equal(2, _host.Routers[0].Proxy.ActiveSessions);
        await second.CheckAsync();
    }

    [Fact]
    public async Task ApplyAsync_AddressGoesToAnotherRouterAndOneIsInUse_NothingChanges()
    {
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        var changed = New();
        changed.Routers = [NewRouter("other", _port), NewRouter("third", ((IPEndPoint)occupied.LocalEndpoint).Port)];
        await Assert.ThrowsAsync<TransportException>(() => _host.ApplyAsync(changed, Stop));
        using var session = await ConnectAsync(Listening);
        Assert.Equal(("default", 1), (Assert.Single(_host.Routers).Label, _host.Routers[0].Proxy.ActiveSessions));
    }

    [Fact]
    public async Task ApplyAsync_AdminAndMeasuredEndpoints_AdminIsSaidEachTimeAndTheOtherIsApplied()
    {
        var changed = New();
        (changed.Admin, changed.Metrics.MaxEndpoints) = (new AdminConfiguration(), 0);
        var changes = await _host.ApplyAsync(changed, Stop);
        Assert.Equal((["metrics.maxEndpoints"], ["admin"]), (changes.Applied.ToArray(), changes.NotApplied.ToArray()), Sequences);
        changes = await _host.ApplyAsync(changed, Stop);
        Assert.Equal(([], ["admin"]), (changes.Applied.ToArray(), changes.NotApplied.ToArray()), Sequences);
        await using var host = new ProxyHost(new ProxyConfiguration { Loops = 1, Admin = new AdminConfiguration(), Routers = [NewRouter("default", FreePort())] }, Table);
        await host.StartAsync(Stop);
        changed = new ProxyConfiguration { Loops = 1, Admin = new AdminConfiguration { Port = 1 }, Routers = [NewRouter("default", ((IPEndPoint)host.LocalEndPoints[0]).Port)] };
        changes = await host.ApplyAsync(changed, Stop);
        Assert.Equal(([], ["admin.port"]), (changes.Applied.ToArray(), changes.NotApplied.ToArray()), Sequences);
    }

    [Fact]
    public async Task ApplyAsync_ConfigurationThatIsNotValid_IsRefusedWithAllErrors()
    {
        var changed = New();
        (changed.Loops, changed.Routers[0].Client.Global.Retries) = (-1, -1);
        Assert.Equal(2, (await Assert.ThrowsAsync<InvalidOptionsException>(() => _host.ApplyAsync(changed, Stop))).Errors.Count);
    }

    [Fact]
    public async Task ApplyAsync_BeforeTheStartAndAfterTheDrain_IsRefused()
    {
        await using var host = new ProxyHost(New(), Table);
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.ApplyAsync(New(), Stop));
        await _host.DrainAsync(TimeSpan.Zero, Stop);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _host.ApplyAsync(New(), Stop));
        await _host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _host.ApplyAsync(New(), Stop));
    }

    [Fact]
    public async Task ApplyAsync_OtherTreeOfAServer_TakesOverTheNameAndEqualTreesKeepTheirs()
    {
        var configuration = New();
        configuration.Routers[0].Servers =
        [
            new ServerConfiguration { Port = _port, DstName = NameTree.Parse("~ | /svc/web") },
            new ServerConfiguration { Port = FreePort(), DstName = NameTree.Parse("! | /svc/web") },
        ];
        await _host.ApplyAsync(configuration, Stop);
        Assert.Equal(["/target", "/target-2"], Names());
        configuration.Routers[0].Servers =
        [
            configuration.Routers[0].Servers[1],
            new ServerConfiguration { Port = _port, DstName = NameTree.Parse("~ | ~ | /svc/web") },
            new ServerConfiguration { Port = FreePort(), DstName = NameTree.Parse("/svc/web | ~") },
        ];
        await _host.ApplyAsync(configuration, Stop);
        Assert.Equal(["/target-2", "/target", "/target-3"], Names());

        IEnumerable<string> Names() => _host.Routers[0].Proxy.Options.Listeners.Select(static listener => listener.Destination!.ToString());
    }

    private static IEqualityComparer<(string[], string[])> Sequences => EqualityComparer<(string[], string[])>.Create(
        static (a, b) => a.Item1.SequenceEqual(b.Item1) && a.Item2.SequenceEqual(b.Item2), static _ => 0);

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private ServerEndpoint Endpoint(string name) => Assert.Single(_host.Routers[0].Destinations.Get(DstPath.Parse(name)).Balancer.Endpoints);

    private ProxyConfiguration New() => new() { Loops = 1, Routers = [NewRouter("default", _port)] };

    private RouterConfiguration NewRouter(string label, int port) => new()
    {
        Label = label,
        Interpreter = new LocalInterpreterConfiguration { Dtab = Dtab.Parse($"/svc/web => /$/inet/127.0.0.1/{Address.Port}") },
        Servers = [new ServerConfiguration { Port = port, DstName = NameTree.Parse("/svc/web") }],
    };

    private async Task<HeldSession> ConnectAsync(IPEndPoint to)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(to, Stop);
            var session = new HeldSession(client, await _server.AcceptTcpClientAsync(Stop));
            await session.CheckAsync();
            return session;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private sealed class HeldSession(TcpClient client, TcpClient accepted) : IDisposable
    {
        public async Task CheckAsync()
        {
            var answer = new byte[1];
            await client.GetStream().WriteAsync(new byte[] { 1 }, Stop);
            await accepted.GetStream().ReadExactlyAsync(answer, Stop);
            await accepted.GetStream().WriteAsync(new byte[] { 42 }, Stop);
            await client.GetStream().ReadExactlyAsync(answer, Stop);
            Assert.Equal(42, answer[0]);
        }

        public void Dispose()
        {
            client.Client.Close(0);
            accepted.Dispose();
        }
    }

    /// <summary>Interpreters with one endpoint, which count themselves.</summary>
    private sealed class CountedNaming
    {
        private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _made;
        private int _ended;

        public int Made => Volatile.Read(ref _made);

        public int Disposed => Volatile.Read(ref _ended);

        public Task WhenDisposed => _disposed.Task;

        public InterpreterKind<Configuration> Kind(IPEndPoint endpoint) => new(
            Configuration.Name,
            "counted",
            [
                new ConfigurationOption<Configuration, string?>(
                    OptionTypes.Text<string?>("text", "any text", static text => text, static text => text, static _ => true), static own => own.Text, static (own, text) => own.Text = text!)
                {
                    Key = "text",
                    Default = "",
                    Help = "any text",
                },
            ],
            static () => new Configuration(),
            (_, _) =>
            {
                Interlocked.Increment(ref _made);
                return new NamingServices(new Resolver(this, endpoint)) { Scope = "counted" };
            });

        public sealed class Configuration : InterpreterConfiguration
        {
            public const string Name = "counted";

            public override string Kind => Name;

            public string Text { get; set; } = "";
        }

        private sealed class Resolver(CountedNaming all, IPEndPoint endpoint) : IResolver, IAsyncDisposable
        {
            private readonly StaticResolver _fixed = new(endpoint);

            public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken = default) => _fixed.WatchAsync(name, cancellationToken);

            public ValueTask DisposeAsync()
            {
                Interlocked.Increment(ref all._ended);
                all._disposed.TrySetResult();
                return ValueTask.CompletedTask;
            }
        }
    }
}
