using System.Net;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Transport.Epoll;

namespace Linkerd.Tcp.Benchmarks.Storm;

/// <summary>A proxy in this process that terminates TLS, on one event loop, with a record of its turns.</summary>
internal sealed class StormProxy : IAsyncDisposable
{
    private readonly EpollTransport _transport = new(new() { Loops = 1 });
    private readonly DestinationRegistry _registry;
    private readonly TcpProxy _proxy;

    /// <param name="certificates">The folder with server.pem and server.key.</param>
    /// <param name="backend">The server to which it connects.</param>
    /// <param name="provider">The library that runs TLS.</param>
    public StormProxy(string certificates, IPEndPoint backend, TlsProviderKind provider)
    {
        _transport.Loops[0].TurnObserver = Turns.Add;
        _registry = new DestinationRegistry(new StaticResolver(backend));
        var listener = new ListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/backend"))
        {
            Tls = new ListenerTlsOptions
            {
                Provider = provider,
                Certificates = [new CertificateFiles { CertificateFile = Path.Combine(certificates, "server.pem"), KeyFile = Path.Combine(certificates, "server.key") }],
            },
        };
        _proxy = new TcpProxy(new TcpProxyOptions { Listeners = [listener] }, _registry, _transport);
    }

    public Turns Turns { get; } = new();

    public EndPoint EndPoint => _proxy.LocalEndPoints[0];

    public Task StartAsync() => _proxy.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _registry.DisposeAsync();
        await _transport.DisposeAsync();
    }
}
