using System.Net;
using Linkerd.Tcp.Tests.Transport;

namespace Linkerd.Tcp.Tests.Proxying;

public sealed class SocketsDuplexProxyTests : DuplexProxyTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketBed.RunAsync(() => new SocketBed(IPAddress.Loopback, new SocketsTransport()), test);
}
