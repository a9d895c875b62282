using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Tests.Diagnostics;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

public sealed class TcpProxyMetricsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Meter _meter = new(LinkerdTcpTelemetry.MeterName);
    private readonly MeterRecorder _recorder;

    public TcpProxyMetricsTests() => _recorder = new MeterRecorder(_meter);

    public void Dispose()
    {
        _recorder.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public async Task Session_LiveAndDone_EveryInstrumentSaysWhatHappened()
    {
        using var backend = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        backend.Listen();
        await using var router = new DestinationRegistry(_ => new DestinationOptions { Resolver = new StaticResolver(backend.LocalEndPoint!) }, meter: _meter);
        await using var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"))] }, router, meter: _meter);
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(proxy.LocalEndPoints[0], TestContext.Current.CancellationToken);
        using var server = await backend.AcceptAsync(TestContext.Current.CancellationToken);
        await client.SendAsync(new byte[5], TestContext.Current.CancellationToken);
        await ReceiveAsync(server, 5);
        await server.SendAsync(new byte[7], TestContext.Current.CancellationToken);
        await ReceiveAsync(client, 7);

        // The session is still open. A byte is counted after the kernel has taken it, so the peer may have it a moment earlier.
        await Task.Run(() => SpinWait.SpinUntil(() => HasBytes(5, 7), Patience), TestContext.Current.CancellationToken);
        AssertBytes(5, 7);
        Assert.Equal(1, _recorder.Observed["linkerd.tcp.sessions.active"]);
        Assert.Equal(1, _recorder.Observed["linkerd.tcp.endpoints{destination=/svc/web,state=available}"]);
        Assert.Equal(1, _recorder.Observed["linkerd.tcp.endpoint.connections{destination=/svc/web,state=open}"]);

        var endpoint = $"destination=/svc/web,endpoint={backend.LocalEndPoint}";
        AssertEndpointBytes(endpoint, 5, 7);

        client.Shutdown(SocketShutdown.Send);
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await proxy.DrainAsync(Patience, CancellationToken.None));
        _recorder.Observe();
        AssertBytes(5, 7);
        AssertEndpointBytes(endpoint, 5, 7);
        Assert.Equal(0, _recorder.Observed["linkerd.tcp.io.discarded{side=downstream}"]);
        Assert.Equal(0, _recorder.Observed["linkerd.tcp.io.discarded{side=upstream}"]);
        Assert.Equal(0, _recorder.Observed["linkerd.tcp.sessions.active"]);
        Assert.Equal(0, _recorder.Observed["linkerd.tcp.endpoint.connections{destination=/svc/web,state=open}"]);
        Assert.Equal(1, _recorder.Observed["linkerd.tcp.resolver.updates{destination=/svc/web}"]);
        Assert.Equal(0, _recorder.Observed["linkerd.tcp.resolver.failures{destination=/svc/web}"]);
        Assert.Equal(0, _recorder.Observed["linkerd.tcp.resolver.age{destination=/svc/web}"]);
        Assert.Equal(0, _recorder.Observed["linkerd.tcp.resolver.stale{destination=/svc/web}"]);
        Assert.Equal(1, _recorder.Counted["linkerd.tcp.sessions.accepted"]);
        Assert.Equal(1, _recorder.Counted["linkerd.tcp.sessions.closed{reason=--}"]);
        Assert.Equal(1, _recorder.Counted["linkerd.tcp.connect.attempts"]);
        Assert.True(_recorder.Counted["linkerd.tcp.connect.duration"] > 0);
        Assert.True(_recorder.Counted["linkerd.tcp.session.duration"] > 0);
    }

    private static async Task ReceiveAsync(Socket socket, int count)
    {
        for (var received = 0; received < count;)
        {
            received += await socket.ReceiveAsync(new byte[count], TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    private bool HasBytes(int up, int down)
    {
        _recorder.Observe();
        return _recorder.Observed["linkerd.tcp.io{side=upstream,network.io.direction=transmit}"] == up
            && _recorder.Observed["linkerd.tcp.io{side=downstream,network.io.direction=transmit}"] == down;
    }

    private void AssertEndpointBytes(string endpoint, int up, int down)
    {
        Assert.Equal(up, _recorder.Observed[$"linkerd.tcp.endpoint.io{{{endpoint},network.io.direction=transmit}}"]);
        Assert.Equal(down, _recorder.Observed[$"linkerd.tcp.endpoint.io{{{endpoint},network.io.direction=receive}}"]);
    }

    private void AssertBytes(int up, int down)
    {
        Assert.Equal(up, _recorder.Observed["linkerd.tcp.io{side=downstream,network.io.direction=receive}"]);
        Assert.Equal(up, _recorder.Observed["linkerd.tcp.io{side=upstream,network.io.direction=transmit}"]);
        Assert.Equal(down, _recorder.Observed["linkerd.tcp.io{side=upstream,network.io.direction=receive}"]);
        Assert.Equal(down, _recorder.Observed["linkerd.tcp.io{side=downstream,network.io.direction=transmit}"]);
    }
}
