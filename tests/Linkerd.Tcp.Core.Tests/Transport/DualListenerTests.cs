using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>A listener on every address of both families.</summary>
public sealed class DualListenerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TransportEngine.Epoll)]
    [InlineData(TransportEngine.Sockets)]
    public async Task ListenAsync_AnyIPv6_TakesIPv4ClientsAndTellsThemAsSuch(TransportEngine engine)
    {
        await using var bed = Bed(engine);
        var (listener, handler) = await bed.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.IPv6Any, 0) });
        var port = ((IPEndPoint)listener.LocalEndPoint).Port;
        foreach (var address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            var connected = await bed.ConnectAsync(new IPEndPoint(address, port));
            var accepted = bed.Own(await handler.NextAsync());
            Assert.Equal(connected.LocalEndPoint, accepted.RemoteEndPoint);
            Assert.Equal(new IPEndPoint(address, port), accepted.LocalEndPoint);
        }
    }

    [Theory]
    [InlineData(TransportEngine.Epoll)]
    [InlineData(TransportEngine.Sockets)]
    public async Task ListenAsync_AnyIPv6Only_LeavesThePortOfIPv4ToOthers(TransportEngine engine)
    {
        await using var bed = Bed(engine);
        var failures = new List<string>();
        while (failures.Count < 10)
        {
            // The port of IPv4 may be another test's.
            var (listener, _) = await bed.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.IPv6Any, 0), IPv6Only = true });
            var port = ((IPEndPoint)listener.LocalEndPoint).Port;
            var refused = await bed.Transport.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), new TransportConnectOptions(), Cancelled);
            if (refused.Connection is { } connection)
            {
                bed.Own(connection);
            }

            try
            {
                await bed.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Any, port) });
                if (refused.Failure == ConnectFailure.Refused)
                {
                    return;
                }

                failures.Add($"{port}: {refused.Failure}");
            }
            catch (TransportException error)
            {
                failures.Add($"{port}: {refused.Failure}, {error.Message}");
            }
        }

        Assert.Fail(string.Join("; ", failures));
    }

    private static SocketBed Bed(TransportEngine engine)
    {
        Assert.SkipUnless(engine != TransportEngine.Epoll || EpollTransport.IsSupported, "There is no epoll here.");
        Assert.SkipUnless(Socket.OSSupportsIPv6 && SocketBed.HasIPv6Loopback, "This machine has no IPv6.");
        return new(IPAddress.Loopback, TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 2 }));
    }
}
