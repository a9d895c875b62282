using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Running;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;
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
    private const int InUse = 1;

    // The process is that of the tests, whose runtime has some of its own. A leak of one in ten reloads shows in the long run.
    private const int MostDescriptors = 16;

    // Of 200 reloads, it is less than 4 MiB.
    private const long MostLeft = 16 << 20;

    private static readonly int Reloads = int.Parse(Environment.GetEnvironmentVariable("LINKERD_TCP_RELOADS") ?? "25", CultureInfo.InvariantCulture);

    private readonly TestAuthority _authority = new("reload");
    private readonly (string Certificate, string Key)[] _identities;
    private readonly int[] _ports = [.. Enumerable.Range(0, 4).Select(static _ => FreePort.Next())];
    private volatile bool _isEnough;
    private readonly ConcurrentQueue<string> _failures = new();
    private int _served;
    private volatile int _reload;

    public ReloadUnderLoadTests()
    {
        using var first = _authority.Issue("first.example.com");
        using var second = _authority.Issue("second.example.com");
        _identities = [_authority.Write(first), _authority.Write(second)];
    }

    public void Dispose()
    {
        _authority.Dispose();
    }

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
        await using var host = new ProxyHost(New(0, first, second), NamerdKinds.Table, NullLoggerFactory.Instance, meter);
        var reloader = new ConfigurationReloader(host, () => read, static _ => new ProcessChange([], static _ => { }, static () => { }), NullLoggerFactory.Instance, meter, TimeProvider.System);
        await host.StartAsync(TestContext.Current.CancellationToken);
        reloader.OnStarted();
        var held = await Task.WhenAll(Enumerable.Range(0, Held).Select(_ => ConnectAsync(_ports[0])));
        await Task.WhenAll(held.Select(PingAsync));
        var endpoints = Endpoints(host);

        // What is made once, such as the resolver of hosts, is there afterwards.
        await ReloadAsync(New(1, first, second));
        await ReloadAsync(New(0, first, second));
        var (descriptors, memory) = (Descriptors(), GC.GetTotalMemory(forceFullCollection: true));
        Task[] load =
        [
            .. Enumerable.Range(0, 6).Select(_ => LoadAsync(_ports[0], isAlways: true, isTls: false)),
            LoadAsync(_ports[1], isAlways: false, isTls: false),
            LoadAsync(_ports[2], isAlways: false, isTls: false),
            LoadAsync(_ports[3], isAlways: true, isTls: true),
        ];
        for (var i = 1; i <= Reloads; i++)
        {
            _reload = i;
            if (i % 2 == 0)
            {
                Assert.True((await ReloadAsync(New(i / 2, first, second))).Success, string.Join("; ", reloader.Last!.Problems));
                Assert.NotEmpty(reloader.Last.Applied);
            }
            else
            {
                var (before, addresses) = (host.Routers[0].Proxy.Options, host.LocalEndPoints);

                // An address that only a refused configuration has listens for a moment, before another one turns out to be in use: nobody is to come there.
                var kind = i / 2 % 6;
                read = Invalid(kind, New((i / 2) + (kind == InUse ? 0 : 1), first, second), ((IPEndPoint)occupied.LocalEndpoint).Port);
                Assert.False((await reloader.ReloadAsync("test")).Success);
                Assert.NotEmpty(reloader.Last!.Problems);
                Assert.Equal(addresses, host.LocalEndPoints);
                Assert.Equal((before.Tcp.WindowSize, before.MaxSessions), (host.Routers[0].Proxy.Options.Tcp.WindowSize, host.Routers[0].Proxy.Options.MaxSessions));
            }

            await Task.WhenAll(held.Select(PingAsync));
            var seen = Volatile.Read(ref _served);
            await Eventually.IsTrueAsync(() => Volatile.Read(ref _served) >= seen + 20 || !_failures.IsEmpty, () => $"{_served} sessions were served");
        }

        _isEnough = true;
        await Task.WhenAll(load);
        Assert.True(_failures.IsEmpty, string.Join("; ", _failures));
        read = new ReadConfiguration(New(0, first, second), [], []);
        await reloader.ReloadAsync("test");

        // The same objects, with the load of the sessions that were open all the time.
        await Eventually.IsTrueAsync(() => host.ActiveSessions == Held, () => $"{host.ActiveSessions} sessions are open");
        Assert.All(Endpoints(host).Zip(endpoints), static pair => Assert.Same(pair.First, pair.Second));
        Assert.Equal(Held, endpoints.Sum(static endpoint => endpoint.Load));
        await Eventually.IsTrueAsync(() => Descriptors() <= descriptors + MostDescriptors, () => $"{Descriptors()} descriptors are open; {descriptors} were before");
        await Eventually.IsTrueAsync(() => GC.GetTotalMemory(forceFullCollection: true) - memory < MostLeft, () => $"{GC.GetTotalMemory(forceFullCollection: true) - memory} bytes more are in use");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Reloads} reloads, {_served} sessions served, {_failures.Count} lost, {Descriptors() - descriptors} descriptors and {(GC.GetTotalMemory(forceFullCollection: true) - memory) / 1024} KiB more");
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

    // Everything that can change does, with another period each.
    private ProxyConfiguration New(int i, TcpBackend first, TcpBackend second)
    {
        var web = $"{first.Name} & {second.Name}";
        var (certificate, key) = _identities[i % 2];
        ServerConfiguration Server(int port) => new()
        {
            Port = port,
            DstName = NameTree.Parse("/svc/web"),
            ConnectTimeout = TimeSpan.FromSeconds(20 + (i % 3)),
            IdleTimeout = TimeSpan.FromMinutes(1 + (i % 4)),
            HalfCloseTimeout = TimeSpan.FromSeconds(30 + (i % 5)),
            ConnectionLifetime = i % 2 == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromHours(1),
            MaxConcurrency = i % 3 == 0 ? 0 : 1000 + i,
            MaxSessionsPerClient = i % 4 == 0 ? 0 : 1000,
            AcceptRate = i % 5 == 0 ? null : 100_000,
            Backlog = i % 2 == 0 ? null : 200,
            AbortOnClose = i % 3 == 1,
        };
        var servers = new List<ServerConfiguration> { Server(_ports[0]), Server(_ports[3]) };
        servers[1].Tls = new ServerTlsConfiguration { DefaultIdentity = new IdentityConfiguration { Certs = [certificate], PrivateKey = key } };
        if (i % 2 == 0)
        {
            servers.Add(Server(_ports[1]));
            servers[^1].DstName = NameTree.Parse(i % 4 == 0 ? "/svc/web | ~" : "~ | /svc/web");
        }

        var router = new RouterConfiguration
        {
            Interpreter = new LocalInterpreterConfiguration { Dtab = Dtab.Parse(i % 3 == 0 ? $"/svc/web => {web}" : $"/svc => /x/{i} ; /x/{i}/web => {web}") },
            Servers = servers,
            Client = new ClientConfiguration
            {
                Global = new ClientSettings
                {
                    Balancer = (BalancerKind)(i % 3),
                    Retries = 2 + (i % 3),
                    MinConnections = i % 2,
                    MaxWaiters = 10_000 + i,
                    MaxConsecutiveFailures = 5 + (i % 2),
                    MaxConnectionsPerEndpoint = i % 2 == 0 ? 0 : 5000,
                },
                Configs = i % 2 == 0 ? [] : [new ClientSettings { Prefix = DstPath.Parse("/svc"), ConnectTimeout = TimeSpan.FromSeconds(2), SlowStart = TimeSpan.FromSeconds(i) }],
            },
        };
        var other = new RouterConfiguration
        {
            Label = "other",
            Interpreter = new StaticInterpreterConfiguration { Addrs = [second.EndPoint] },
            Servers = [Server(_ports[2])],
        };
        return new ProxyConfiguration
        {
            Loops = 1,
            BufferSizeBytes = (32 + (i % 3)) * 1024,
            MaxSessions = 2000 + i,
            TcpUserTimeout = i % 2 == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(60),
            Routers = i % 3 == 0 ? [router, other] : [router],
        };
    }

    private ReadConfiguration Invalid(int kind, ProxyConfiguration configuration, int occupied)
    {
        var router = configuration.Routers[0];
        switch (kind)
        {
            case 0:
                return new ReadConfiguration(null, ["proxy.yml:1:1: routers: it is no list"], []);
            case InUse:
                router.Servers = [.. router.Servers, new ServerConfiguration { Port = occupied, DstName = NameTree.Parse("/svc/new") }];
                break;
            case 2:
                router.Servers[1].Tls!.DefaultIdentity!.Certs = ["/no/such/file.pem"];
                break;
            case 3:
                configuration.Routers = [router, router];
                break;
            case 4:
                configuration.Routers = [new RouterConfiguration { Label = "thief", Servers = router.Servers }];
                break;
            default:
                router.Client.Global.Retries = -1;
                break;
        }

        return new ReadConfiguration(configuration, [], []);
    }

    private async Task<TcpClient> ConnectAsync(int port)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken).AsTask().InTimeAsync();
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static Task PingAsync(TcpClient client) => PingAsync(client.GetStream());

    private static async Task PingAsync(Stream stream)
    {
        var answer = new byte[4];
        await stream.WriteAsync("ping"u8.ToArray()).AsTask().InTimeAsync();
        await stream.ReadExactlyAsync(answer).AsTask().InTimeAsync();
        Assert.Equal("ping"u8, answer);
    }

    private async Task LoadAsync(int port, bool isAlways, bool isTls)
    {
        await Task.Yield();
        while (!_isEnough && !TestContext.Current.CancellationToken.IsCancellationRequested && _failures.Count < 10)
        {
            TcpClient client;
            try
            {
                client = await ConnectAsync(port);
            }
            catch (SocketException refused) when (!isAlways && refused.SocketErrorCode == SocketError.ConnectionRefused)
            {
                await Task.Delay(5);
                continue;
            }
            catch (SocketException error)
            {
                _failures.Enqueue($"reload {_reload}, server {Array.IndexOf(_ports, port)}: {error.Message}");
                continue;
            }

            try
            {
                await using Stream stream = isTls ? new SslStream(client.GetStream(), leaveInnerStreamOpen: false, static (_, certificate, _, _) => certificate?.Subject.EndsWith(".example.com", StringComparison.Ordinal) == true) : client.GetStream();
                await ((stream as SslStream)?.AuthenticateAsClientAsync("any.example.com") ?? Task.CompletedTask).InTimeAsync();
                await PingAsync(stream);
                Interlocked.Increment(ref _served);
            }
            catch (Exception error) when (error is IOException or AuthenticationException or TimeoutException)
            {
                _failures.Enqueue($"reload {_reload}, server {Array.IndexOf(_ports, port)}: {error.GetType().Name} {error.Message}");
            }
            finally
            {
                client.Client.Close(0);
            }
        }
    }
}
