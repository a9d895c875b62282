using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>When the port of a connection that has a source address is chosen. Linux tells.</summary>
public sealed class SourceAddressTests
{
    private const int IPLevel = 0;
    private const int IPBindAddressNoPort = 24;
    private static readonly IPAddress Source = IPAddress.Parse("127.0.0.2");

    public SourceAddressTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "IP_BIND_ADDRESS_NO_PORT is Linux's.");
    }

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("::1")]
    public void BindSource_BeforeConnect_HasNoPortYet(string address)
    {
        var source = new IPEndPoint(IPAddress.Parse(address), 0);
        Assert.SkipWhen(source.AddressFamily == AddressFamily.InterNetworkV6 && !SocketBed.HasIPv6Loopback, "This machine has no IPv6 loopback.");
        using var bound = SocketSetup.Create(source);
        SocketSetup.BindSource(bound, source.Address);
        Assert.Equal(source, bound.LocalEndPoint);
        using var control = SocketSetup.Create(source);
        control.Bind(source);
        Assert.NotEqual(0, ((IPEndPoint)control.LocalEndPoint!).Port);
    }

    public static TheoryData<TransportEngine> Engines => [TransportEngine.Sockets, TransportEngine.Epoll];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task ConnectAsync_Source_PortIsChosenAtConnect(TransportEngine engine)
    {
        Assert.SkipWhen(engine == TransportEngine.Epoll && !EpollTransport.IsSupported, "There is no epoll here.");
        await using var bed = new SocketBed(IPAddress.Loopback, TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 1 }));
        var (listener, _) = await bed.ListenAsync();
        var connected = await bed.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions { Source = Source });
        var plain = await bed.ConnectAsync(listener.LocalEndPoint);
        Assert.Equal((1, 0), (NoPortOption(connected), NoPortOption(plain)));
        Assert.NotEqual(0, ((IPEndPoint)connected.LocalEndPoint!).Port);
    }

    private static int NoPortOption(TransportConnection connection)
    {
        Span<byte> value = stackalloc byte[4];
        if (connection is SocketConnection { Socket: var socket })
        {
            socket.GetRawSocketOption(IPLevel, IPBindAddressNoPort, value);
        }
        else
        {
            using var view = new Socket(new SafeSocketHandle(((EpollConnection)connection).Descriptor, ownsHandle: false));
            view.GetRawSocketOption(IPLevel, IPBindAddressNoPort, value);
        }

        return BitConverter.ToInt32(value);
    }
}
