using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class ListenerConformanceTests
{
    [Fact]
    public Task ConnectAsync_ListenerStarted_BothEndsKnowEachOther() => RunAsync(async bed =>
    {
        var (listener, handler) = await bed.ListenAsync();
        var connected = await bed.ConnectAsync(listener.LocalEndPoint);
        var accepted = bed.Own(await handler.NextAsync());
        if (bed.IsTcp)
        {
            Assert.Equal(listener.LocalEndPoint, connected.RemoteEndPoint);
            Assert.Equal(listener.LocalEndPoint, accepted.LocalEndPoint);
            Assert.Equal(connected.LocalEndPoint, accepted.RemoteEndPoint);
        }

        Assert.Equal((0, 0, 0, false), (connected.BytesReceived, connected.BytesSent, connected.UnreadBytes, connected.IsReset));
        Assert.True(handler.WasAlwaysOnExecutor);
    });

    [Fact]
    public Task ConnectAsync_ManyAtOnce_EachIsHandedOutOnce() => RunAsync(async bed =>
    {
        const int Count = 20;
        var (listener, handler) = await bed.ListenAsync();
        var connecting = Enumerable.Range(0, Count).Select(_ => bed.ConnectAsync(listener.LocalEndPoint)).ToArray();
        var connected = await Task.WhenAll(connecting);
        for (var i = 0; i < Count; i++)
        {
            await connected[i].SendAllAsync(new byte[] { (byte)i });
        }

        var seen = new HashSet<int>();
        for (var i = 0; i < Count; i++)
        {
            var accepted = bed.Own(await handler.NextAsync());
            Assert.True(seen.Add((await accepted.ReadAsync(1))[0]));
        }

        Assert.Equal(Count, handler.Count);
    });

    [Fact]
    public Task ConnectAsync_NearAnotherConnection_Connects() => RunAsync(async bed =>
    {
        var (first, _) = await bed.PairAsync();
        var (listener, handler) = await bed.ListenAsync();
        var near = await bed.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions { Executor = first.Executor });
        var accepted = bed.Own(await handler.NextAsync());
        await near.SendTextAsync("near");
        Assert.Equal("near", await accepted.ReadTextAsync(4));
    });

    [Fact]
    public Task ConnectAsync_SourceOfAnotherKindThanTheTarget_IsIgnored() => RunAsync(async bed =>
    {
        var (listener, handler) = await bed.ListenAsync();
        var target = listener.LocalEndPoint as IPEndPoint;
        var source = IPAddress.Parse(target?.AddressFamily == AddressFamily.InterNetworkV6 ? "192.0.2.7" : "2001:db8::7");
        var connected = await bed.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions { Source = source });
        Assert.Equal(target?.AddressFamily, (connected.LocalEndPoint as IPEndPoint)?.AddressFamily);
        bed.Own(await handler.NextAsync());
    });

    [Fact]
    public Task ListenAsync_AddressInUse_SaysSo() => RunAsync(async bed =>
    {
        var (listener, _) = await bed.ListenAsync();
        var error = await Assert.ThrowsAsync<TransportException>(
            async () => await bed.Transport.ListenAsync(new TransportListenOptions { EndPoint = listener.LocalEndPoint }, Cancelled));
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
        Assert.Contains(listener.LocalEndPoint.ToString()!, error.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task ConnectAsync_EndPointOfAnotherKind_FailsAndSaysWhatWasExpected() => RunAsync(async bed =>
    {
        if (bed is SimulatedBed)
        {
            // It knows every kind.
            return;
        }

        var result = await bed.Transport.ConnectAsync(new DnsEndPoint("example.org", 443), new TransportConnectOptions(), Cancelled);
        Assert.Equal(ConnectFailure.Other, result.Failure);
        Assert.Contains("example.org:443 (DnsEndPoint)", result.Detail, StringComparison.Ordinal);
        Assert.Contains("IP address", result.Detail, StringComparison.Ordinal);
    });
}
