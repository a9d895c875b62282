using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>The metrics of handshakes on both sides, with the runtime's SslStream as the peer.</summary>
public sealed class TlsMetricsTests : IAsyncDisposable
{
    private static readonly DstPath Name = DstPath.Parse("/svc/web");
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly Meter _meter = new("test");
    private readonly MeterRecorder _metrics;

    public TlsMetricsTests() => _metrics = new(_meter);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SslProtocols.Tls12, "1.2")]
    [InlineData(SslProtocols.Tls13, "1.3")]
    public async Task Handshakes_OfBothSides_AreCountedAndMeasured(SslProtocols version, string word)
    {
        using var server = new TlsEcho("ok");
        var proxy = await StartAsync(server, Terminate(), Verify());
        using (var client = await ConnectAsync(proxy, version))
        {
            await ExchangeAsync(client);
            await client.ShutdownAsync();
            await EndAsync(client);
        }

        Assert.Equal(1, _metrics.Count($"linkerd.tcp.tls.handshakes{{side=downstream,version={word}{Resumed(false)}}}"));
        Assert.Equal(1, _metrics.Count($"linkerd.tcp.tls.handshakes{{side=upstream,version=1.3{Resumed(false)}}}"));
        Assert.InRange(_metrics.Count("linkerd.tcp.tls.handshake.duration{side=downstream}"), 1e-6, Limit.TotalSeconds);
        Assert.InRange(_metrics.Count("linkerd.tcp.tls.handshake.duration{side=upstream}"), 1e-6, Limit.TotalSeconds);
        Assert.Equal(0, _metrics.CountAll("linkerd.tcp.tls.handshake.failures") + _metrics.CountAll("linkerd.tcp.tls.truncated"));
        _metrics.Observe();
        Assert.Equal((0, 0), (_metrics.Observed["linkerd.tcp.tls.handshakes.active{side=downstream}"], _metrics.Observed["linkerd.tcp.tls.handshakes.active{side=upstream}"]));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "1.2")]
    [InlineData(SslProtocols.Tls13, "1.3")]
    public async Task Handshakes_ThatAreResumed_AreCountedForThemselvesIfTheProviderTells(SslProtocols version, string word)
    {
        using var server = new TlsEcho("ok");
        var proxy = await StartAsync(server, Terminate(), Verify());

        // The runtime has no ticket of another test for it.
        var name = $"r{Guid.NewGuid():N}.test";
        for (var i = 0; i < 2; i++)
        {
            using var client = await ConnectAsync(proxy, version, name);
            await ExchangeAsync(client);
            await client.ShutdownAsync();
            await EndAsync(client);
        }

        Assert.Equal(4, _metrics.CountAll("linkerd.tcp.tls.handshakes"));
        Assert.Equal(OpenSslLibrary.Problem is null ? 1 : 2, _metrics.Count($"linkerd.tcp.tls.handshakes{{side=downstream,version={word}{Resumed(true)}}}"));
        Assert.Equal(OpenSslLibrary.Problem is null ? 1 : 2, _metrics.Count($"linkerd.tcp.tls.handshakes{{side=upstream,version=1.3{Resumed(true)}}}"));
    }

    [Fact]
    public async Task Truncated_ByTheClient_IsCountedOfItsSide()
    {
        using var server = new TlsEcho(null);
        var proxy = await StartAsync(server, Terminate(), null);
        var socket = await ConnectAsync(proxy);
        using var client = await AuthenticateAsync(socket, SslProtocols.Tls13);
        await ExchangeAsync(client);
        socket.Shutdown(SocketShutdown.Send);
        await EndAsync(client);
        Assert.Equal((1, 1), (_metrics.Count("linkerd.tcp.tls.truncated{side=downstream}"), _metrics.CountAll("linkerd.tcp.tls.truncated")));
    }

    [Fact]
    public async Task Truncated_ByTheServer_IsCountedOfItsSide()
    {
        using var server = new TlsEcho("ok") { Cuts = true };
        var proxy = await StartAsync(server, null, Verify());
        var socket = await ConnectAsync(proxy);
        await using var client = new NetworkStream(socket, ownsSocket: true);
        await ExchangeAsync(client);
        await EndAsync(client);
        Assert.Equal((1, 1), (_metrics.Count("linkerd.tcp.tls.truncated{side=upstream}"), _metrics.CountAll("linkerd.tcp.tls.truncated")));
    }

    [Theory]
    [InlineData("wrong name", "name")]
    [InlineData("unknown root", "certificate")]
    [InlineData("expired", "certificate")]
    [InlineData(null, "protocol")]
    public async Task Failures_OfServers_HaveTheirCause(string? certificate, string cause)
    {
        using var server = new TlsEcho(certificate);
        await using var registry = NewRegistry(server.EndPoint, Verify());
        await Assert.ThrowsAsync<ConnectException>(async () => await registry.Get(Name).ConnectAsync(Cancelled));
        Assert.Equal((1, 1), (_metrics.Count($"linkerd.tcp.tls.handshake.failures{{side=upstream,cause={cause}}}"), _metrics.CountAll("linkerd.tcp.tls.handshake.failures")));
    }

    [Fact]
    public async Task Failures_NoNameToVerify_IsTheName()
    {
        using var server = new TlsEcho("ok");
        await using var registry = NewRegistry(server.EndPoint, new ServerTlsOptions { RootFiles = [TlsMaterial.RootFile] });
        await Assert.ThrowsAsync<ConnectException>(async () => await registry.Get(Name).ConnectAsync(Cancelled));
        Assert.Equal(1, _metrics.Count("linkerd.tcp.tls.handshake.failures{side=upstream,cause=name}"));
    }

    [Theory]
    [InlineData(true, "closed")]
    [InlineData(false, "timeout")]
    public async Task Failures_ServerThatSaysNothing_IsTheEndOrTheTimeout(bool closes, string cause)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var registry = NewRegistry(listener.LocalEndpoint, Verify(), TimeSpan.FromSeconds(closes ? 20 : 0.3));
        var connecting = registry.Get(Name).ConnectAsync(Cancelled).AsTask();
        using var accepted = await listener.AcceptSocketAsync(Cancelled);
        if (closes)
        {
            await accepted.ReceiveAsync(new byte[4000], Cancelled);
            accepted.Shutdown(SocketShutdown.Send);
        }

        await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal((1, 1), (_metrics.Count($"linkerd.tcp.tls.handshake.failures{{side=upstream,cause={cause}}}"), _metrics.CountAll("linkerd.tcp.tls.handshake.failures")));
    }

    [Fact]
    public async Task Failures_ClientWithoutACertificate_IsTheCertificate()
    {
        using var server = new TlsEcho(null);
        var tls = Terminate();
        (tls.ClientCertificates, tls.ClientRootFiles) = (ClientCertificateMode.Require, [TlsMaterial.RootFile]);
        var proxy = await StartAsync(server, tls, null);
        using var client = await ConnectAsync(proxy, SslProtocols.Tls13);
        await EndAsync(client);
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => _metrics.CountAll("linkerd.tcp.tls.handshake.failures") > 0, Limit), Cancelled));
        Assert.Equal(1, _metrics.Count("linkerd.tcp.tls.handshake.failures{side=downstream,cause=certificate}"));
    }

    public async ValueTask DisposeAsync()
    {
        _owned.Reverse();
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        _metrics.Dispose();
        _meter.Dispose();
    }

    private static ListenerTlsOptions Terminate() => new() { Certificates = [TlsMaterial.Files("ok")] };

    private static ServerTlsOptions Verify() => new() { ServerName = "a.test", RootFiles = [TlsMaterial.RootFile] };

    private static async Task ExchangeAsync(Stream client)
    {
        await client.WriteAsync(new byte[] { 1 }, Cancelled);
        Assert.Equal(1, await client.ReadAsync(new byte[9], Cancelled).AsTask().WaitAsync(Limit, Cancelled));
    }

    // It ends in any way: a stream that was cut is cut again, or reset.
    private static async Task EndAsync(Stream client)
    {
        try
        {
            while (await client.ReadAsync(new byte[100], Cancelled).AsTask().WaitAsync(Limit, Cancelled) > 0)
            {
                continue;
            }
        }
        catch (IOException)
        {
            return;
        }
    }

    private static async Task<Socket> ConnectAsync(EndPoint proxy)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(proxy, Cancelled);
        return socket;
    }

    // SslStream does not tell.
    private static string Resumed(bool isResumed) => OpenSslLibrary.Problem is not null ? string.Empty : isResumed ? ",resumed=true" : ",resumed=false";

    private static async Task<SslStream> ConnectAsync(EndPoint proxy, SslProtocols version, string name = "a.test") => await AuthenticateAsync(await ConnectAsync(proxy), version, name);

    private static async Task<SslStream> AuthenticateAsync(Socket socket, SslProtocols version, string name = "a.test")
    {
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = version,
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        };
        await tls.AuthenticateAsClientAsync(options, Cancelled).WaitAsync(Limit, Cancelled);
        return tls;
    }

    private DestinationRegistry NewRegistry(EndPoint server, ServerTlsOptions? tls, TimeSpan? timeout = null) => new(
        _ => new DestinationOptions { Resolver = new StaticResolver(server), Tls = tls, Connect = new() { MaxAttempts = 1, AttemptTimeout = timeout ?? Limit, ConnectTimeout = Limit } },
        meter: _meter);

    private async Task<EndPoint> StartAsync(TlsEcho server, ListenerTlsOptions? listenerTls, ServerTlsOptions? serverTls)
    {
        var registry = NewRegistry(server.EndPoint, serverTls);
        _owned.Add(registry);
        var transport = TransportFactory.Create(new TransportOptions { Engine = TransportEngine.Epoll, Loops = 1 });
        _owned.Add(transport);
        var listener = new ListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), Name) { Tls = listenerTls };
        var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [listener] }, registry, transport, meter: _meter);
        _owned.Add(proxy);
        await proxy.StartAsync(Cancelled);
        return proxy.LocalEndPoints[0];
    }
}
