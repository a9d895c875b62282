using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Configurations that differ in everything that can change, invalid ones, and clients that come without a pause. Servers 0, 3 and 4 are always there, 1 and 2 come and go; 3 has TLS.</summary>
internal sealed class ReloadScenario : IDisposable
{
    /// <summary>The kind whose access log cannot be opened, which only the executable does. The number of the others is the same.</summary>
    public const int NoAccessLog = 6;

    /// <summary>The kind that listens on its new addresses for a moment, before one of them turns out to be in use: nobody is to come there.</summary>
    public const int InUse = 1;

    private readonly TestAuthority _authority = new("reload");
    private readonly TemporaryFolder _folder = new();
    private readonly (string Certificate, string Key)[] _identities;
    private readonly ConcurrentQueue<string> _failures = new();
    private volatile bool _isEnough;
    private volatile int _reload;
    private int _served;

    public ReloadScenario()
    {
        using var first = _authority.Issue("first.example.com");
        using var second = _authority.Issue("second.example.com");
        _identities = [_authority.Write(first), _authority.Write(second)];
    }

    public int[] Ports { get; } = [.. Enumerable.Range(0, 5).Select(static _ => FreePort.Next())];

    /// <summary>The sessions that failed.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    public int Served => Volatile.Read(ref _served);

    /// <summary>The reload under way, for messages.</summary>
    public int Reload { get => _reload; set => _reload = value; }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    public string AccessLogFile(int number) => _folder.File(FormattableString.Invariant($"access-{number}.log"));

    /// <summary>Starts the clients.</summary>
    public Task StartLoad() => Task.WhenAll(
    [
        .. Enumerable.Range(0, 6).Select(_ => LoadAsync(Ports[0], isAlways: true, isTls: false)),
        LoadAsync(Ports[1], isAlways: false, isTls: false),
        LoadAsync(Ports[2], isAlways: false, isTls: false),
        LoadAsync(Ports[3], isAlways: true, isTls: true),
        LoadAsync(Ports[4], isAlways: true, isTls: false),
    ]);

    /// <summary>Begins no more sessions.</summary>
    public void StopLoad() => _isEnough = true;

    /// <summary>Waits until more sessions were served, or one has failed.</summary>
    public Task WaitForSessionsAsync(int more)
    {
        var seen = Served;
        return Eventually.IsTrueAsync(() => Served >= seen + more || !_failures.IsEmpty, () => $"{Served} sessions were served");
    }

    /// <summary>Makes a configuration. Everything that can change does, with another period each.</summary>
    public ProxyConfiguration New(int i, TcpBackend first, TcpBackend second)
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
        var servers = new List<ServerConfiguration> { Server(Ports[0]), Server(Ports[3]) };
        servers[1].SniRoutes = i % 3 == 1 ? [] : [new SniRouteConfiguration { Pattern = $"route-{i % 4}.example.com", DstName = new SniRouteTarget(NameTree.Parse("/svc/web")) }];
        servers[1].Tls = new ServerTlsConfiguration { DefaultIdentity = new IdentityConfiguration { Certs = [certificate], PrivateKey = key } };
        if (i % 2 == 0)
        {
            servers.Add(Server(Ports[1]));
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
            Servers = [Server(Ports[2])],
        };

        // It goes from one router to another, of which one comes and goes.
        (i % 3 == 0 ? other : router).Servers = [.. (i % 3 == 0 ? other : router).Servers, Server(Ports[4])];
        return new ProxyConfiguration
        {
            Loops = 1,
            AccessLog = i % 3 == 2 ? null : new AccessLogConfiguration { Path = AccessLogFile(i % 2), Format = (AccessLogFormat)(i / 2 % 2), OnStart = i % 5 == 1, Sample = i % 4 == 0 ? 1 : 0.5 },
            Metrics = new MetricsConfiguration { MaxEndpoints = 1000 + (i % 3) },
            Grace = TimeSpan.FromSeconds(10 + (i % 2)),
            BufferSizeBytes = (32 + (i % 3)) * 1024,
            MaxSessions = 2000 + i,
            TcpUserTimeout = i % 2 == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(60),
            Routers = i % 3 == 0 ? [router, other] : [router],
        };
    }

    /// <summary>Makes a configuration invalid, in a way that is found earlier or later.</summary>
    public static ProxyConfiguration Invalid(int kind, ProxyConfiguration configuration, int occupied)
    {
        var router = configuration.Routers[0];
        switch (kind)
        {
            case 0:
                configuration.MaxSessions = 0;
                break;
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
                router.Servers[0].AcceptRate = -1;
                break;
            case NoAccessLog:
                configuration.AccessLog = new AccessLogConfiguration { Path = "/nonexistent/access.log" };
                break;
            default:
                router.Client.Global.Retries = -1;
                break;
        }

        return configuration;
    }

    /// <summary>Connects to a server.</summary>
    public static async Task<TcpClient> ConnectAsync(int port)
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

    /// <summary>Sends four bytes and expects them back.</summary>
    public static Task PingAsync(TcpClient client) => PingAsync(client.GetStream());

    private static async Task PingAsync(Stream stream)
    {
        var answer = new byte[4];
        await stream.WriteAsync("ping"u8.ToArray()).AsTask().InTimeAsync();
        await stream.ReadExactlyAsync(answer).AsTask().InTimeAsync();
        Assert.Equal("ping"u8, answer);
    }

    /// <summary>Runs sessions one after the other.</summary>
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
                _failures.Enqueue($"reload {_reload}, server {Array.IndexOf(Ports, port)}: {error.Message}");
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
                _failures.Enqueue($"reload {_reload}, server {Array.IndexOf(Ports, port)}: {error.GetType().Name} {error.Message}");
            }
            finally
            {
                client.Client.Close(0);
            }
        }
    }
}
