using System.Net;
using Linkerd.Tcp.Tests.Transport;

namespace Linkerd.Tcp.Tests.Proxying;

public sealed class EpollDuplexProxyTests : DuplexProxyTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketBed.RunAsync(() => new SocketBed(IPAddress.Loopback, new EpollTransport(new TransportOptions { Loops = 2 })), test);
}
