using System.Net;
using System.Security.Authentication;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;

namespace Linkerd.Tcp.Tests.Security.Connections;

/// <summary>TLS over an engine does what the engine does.</summary>
public abstract class TlsConformanceTests(SslProtocols version) : TcpConnectionConformanceTests
{
    internal abstract ITransport MakeEngine();

    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketBed.RunAsync(() => new SocketBed(IPAddress.Loopback, new TlsTransport(MakeEngine(), version)), test);
}

public sealed class EpollTls13ConformanceTests() : TlsConformanceTests(SslProtocols.Tls13)
{
    internal override ITransport MakeEngine() => new EpollTransport(new TransportOptions { Loops = 2 });
}

public sealed class EpollTls12ConformanceTests() : TlsConformanceTests(SslProtocols.Tls12)
{
    internal override ITransport MakeEngine() => new EpollTransport(new TransportOptions { Loops = 2 });
}

public sealed class SocketsTls13ConformanceTests() : TlsConformanceTests(SslProtocols.Tls13)
{
    internal override ITransport MakeEngine() => new SocketsTransport();
}

public sealed class SocketsTls12ConformanceTests() : TlsConformanceTests(SslProtocols.Tls12)
{
    internal override ITransport MakeEngine() => new SocketsTransport();
}
