using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>A proxy with TLS on either side, between clients and servers that the runtime's own sockets and SslStream are.</summary>
public sealed class TlsSessionTests : IAsyncDisposable
{
    private static readonly DstPath Name = DstPath.Parse("/svc/web");
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly Records _records = new();

    public static TheoryData<TransportEngine> Engines => [TransportEngine.Epoll, TransportEngine.Sockets];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Session_TlsOnBothSides_IsServedAndRecorded(TransportEngine engine)
    {
        var server = new Server(TlsMaterial.Context("ok"));
        _owned.Add(server);
        var proxy = await StartAsync(engine, server.EndPoint, new ListenerTlsOptions { Certificates = [TlsMaterial.Files("ok")], ApplicationProtocols = ["h2", "http/1.1"] }, VerifiedServer());
        await using (var client = await ConnectTlsAsync(proxy, "a.test", "http/1.1"))
        {
            Assert.Equal("http/1.1", Encoding.ASCII.GetString(client.NegotiatedApplicationProtocol.Protocol.Span));
            await ExchangeAsync(client, "hello");
            await client.ShutdownAsync();
            Assert.Equal(0, await client.ReadAsync(new byte[1], Cancelled));
        }

        var record = await _records.NextAsync();
        Assert.Equal(("a.test", "http/1.1", "--"), (record.Session.ServerName, record.Session.ApplicationProtocol, record.Reason.ToString()));
        Assert.Equal((5, 5, 5, 5), (record.BytesFromClient, record.BytesToServer, record.BytesFromServer, record.BytesToClient));
        Assert.Equal((TlsVersion.Tls13, "http/1.1", null), (record.Session.ClientTls!.Version, record.Session.ClientTls.ApplicationProtocol, record.Session.ClientTls.PeerName));
        Assert.Equal((TlsVersion.Tls13, null, null), (record.ServerTls!.Version, record.ServerTls.ApplicationProtocol, record.ServerTls.PeerName));
        Assert.NotEqual(default, record.ServerTls.CipherSuite);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Session_TlsWithServersOnly_IsVerified(TransportEngine engine)
    {
        var server = new Server(TlsMaterial.Context("ok"));
        _owned.Add(server);
        var proxy = await StartAsync(engine, server.EndPoint, null, VerifiedServer());
        using var client = await ConnectAsync(proxy);
        await using var stream = new NetworkStream(client);
        await ExchangeAsync(stream, "plain on this side");
    }

    [Theory]
    [InlineData("wrong name", "no name of the certificate matches a.test")]
    [InlineData("unknown root", "unknown authority")]
    [InlineData("expired", "expired on")]
    public async Task Session_ServerIsNotWhatItShouldBe_IsAConnectFailureWithItsCause(string certificate, string words)
    {
        var server = new Server(TlsMaterial.Context(certificate));
        _owned.Add(server);
        var proxy = await StartAsync(TransportEngine.Epoll, server.EndPoint, null, VerifiedServer());
        await ExpectResetAsync(proxy);
        var record = await _records.NextAsync();
        Assert.Contains(words, record.Detail, StringComparison.Ordinal);
        Assert.Equal(ClosedBy.Server, record.Reason.By);
        Assert.Equal(0, server.Received);
    }

    [Fact]
    public async Task Session_NoNameToVerify_NeverConnectsUnverified()
    {
        var server = new Server(TlsMaterial.Context("ok"));
        _owned.Add(server);
        var proxy = await StartAsync(TransportEngine.Epoll, server.EndPoint, null, new ServerTlsOptions { RootFiles = [TlsMaterial.RootFile] });
        await ExpectResetAsync(proxy);
        Assert.Contains("no name to verify", (await _records.NextAsync()).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Session_ClientIsNotTls_IsRefusedInItsOwnWord(TransportEngine engine)
    {
        var server = new Server(null);
        _owned.Add(server);
        var proxy = await StartAsync(engine, server.EndPoint, new ListenerTlsOptions { Certificates = [TlsMaterial.Files("ok")] }, null);
        using var client = await ConnectAsync(proxy);
        await client.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n"), Cancelled);
        Assert.Equal(0, await client.ReceiveAsync(new byte[1], Cancelled));
        var record = await _records.NextAsync();
        Assert.Equal("PA:tls", record.Reason.ToString());
        Assert.Contains("HTTP request without TLS", record.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Session_ClientCutsItsStream_IsAFinForAPlainServerAndItsOwnWord(TransportEngine engine)
    {
        var server = new Server(null);
        _owned.Add(server);
        var proxy = await StartAsync(engine, server.EndPoint, new ListenerTlsOptions { Certificates = [TlsMaterial.Files("ok")] }, null);
        var client = await ConnectTlsAsync(proxy, "a.test", null);
        await ExchangeAsync(client, "cut");
        Cut(client);
        Assert.Equal("--:truncated", (await _records.NextAsync()).Reason.ToString());
        Assert.Equal(SocketError.Success, await server.EndAsync());
    }

    [Theory]
    [InlineData(TlsTruncation.Pass, "SD:truncated")]
    [InlineData(TlsTruncation.Reset, "SD:truncated")]
    [InlineData(TlsTruncation.Fin, "--:truncated")]
    public async Task Session_ServerCutsItsStream_IsAResetForAPlainClientUnlessToldOtherwise(TlsTruncation truncation, string reason)
    {
        var server = new Server(TlsMaterial.Context("ok")) { CutsAfterTheFirstAnswer = true };
        _owned.Add(server);
        var tls = VerifiedServer();
        tls.Truncation = truncation;
        var proxy = await StartAsync(TransportEngine.Epoll, server.EndPoint, null, tls);
        using var client = await ConnectAsync(proxy);
        await client.SendAsync(new byte[] { 1, 2, 3 }, Cancelled);
        var answer = new byte[10];
        Assert.Equal(3, await client.ReceiveAsync(answer, Cancelled));
        if (truncation == TlsTruncation.Fin)
        {
            Assert.Equal(0, await client.ReceiveAsync(answer, Cancelled));
            client.Shutdown(SocketShutdown.Send);
        }
        else
        {
            Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(answer, Cancelled))).SocketErrorCode);
        }

        Assert.Equal(reason, (await _records.NextAsync()).Reason.ToString());
    }

    [Fact]
    public async Task Start_CertificateCannotBeUsed_ThrowsWithEveryFile()
    {
        var listener = new ListenerTlsOptions { Certificates = [new CertificateFiles { CertificateFile = "/nonexistent/a.pem" }] };
        var error = await Assert.ThrowsAsync<Linkerd.Tcp.Primitives.InvalidOptionsException>(() => StartAsync(TransportEngine.Epoll, new IPEndPoint(IPAddress.Loopback, 1), listener, null));
        Assert.Contains("Listeners[0].Tls.", error.Errors[0].Path, StringComparison.Ordinal);
        Assert.Contains("/nonexistent/a.pem", error.Errors[0].Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _owned.Reverse();
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }
    }

    private static ServerTlsOptions VerifiedServer() => new() { ServerName = "a.test", RootFiles = [TlsMaterial.RootFile] };

    private static void Cut(SslStream client)
    {
        // Not disposed in order: that would send close_notify.
        var socket = ((NetworkStream)typeof(AuthenticatedStream).GetProperty("InnerStream", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(client)!).Socket;
        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task ExchangeAsync(Stream stream, string text)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), Cancelled);
        var answer = new byte[text.Length];
        await stream.ReadExactlyAsync(answer, Cancelled).AsTask().WaitAsync(Limit, Cancelled);
        Assert.Equal(text, Encoding.ASCII.GetString(answer));
    }

    // The reset may come within the connect.
    private static async Task ExpectResetAsync(EndPoint proxy) => await Assert.ThrowsAsync<SocketException>(async () =>
    {
        using var client = await ConnectAsync(proxy);
        Assert.Fail($"{await client.ReceiveAsync(new byte[1], Cancelled)} bytes were received");
    });

    private static async Task<Socket> ConnectAsync(EndPoint proxy)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)Limit.TotalMilliseconds };
        await socket.ConnectAsync(proxy, Cancelled);
        return socket;
    }

    private static async Task<SslStream> ConnectTlsAsync(EndPoint proxy, string name, string? protocol)
    {
        var tls = new SslStream(new NetworkStream(await ConnectAsync(proxy), ownsSocket: true));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            ApplicationProtocols = protocol is null ? null : [new SslApplicationProtocol(protocol)],
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        };
        await tls.AuthenticateAsClientAsync(options, Cancelled).WaitAsync(Limit, Cancelled);
        return tls;
    }

    private async Task<EndPoint> StartAsync(TransportEngine engine, EndPoint server, ListenerTlsOptions? listenerTls, ServerTlsOptions? serverTls)
    {
        var registry = new DestinationRegistry(_ => new DestinationOptions
        {
            Resolver = new StaticResolver(server),
            Tls = serverTls,
            Connect = new ConnectOptions { MaxAttempts = 1, AttemptTimeout = TimeSpan.FromSeconds(5) },
        });
        _owned.Add(registry);
        var transport = TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 1 });
        _owned.Add(transport);
        var listener = new ListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), Name) { Tls = listenerTls };
        var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [listener] }, registry, transport, observer: _records);
        _owned.Add(proxy);
        await proxy.StartAsync(Cancelled);
        return proxy.LocalEndPoints[0];
    }

    private sealed class Records : ISessionObserver
    {
        private readonly System.Threading.Channels.Channel<SessionRecord> _records = System.Threading.Channels.Channel.CreateUnbounded<SessionRecord>();

        public void OnSessionEnded(SessionRecord record) => _records.Writer.TryWrite(record);

        public async Task<SessionRecord> NextAsync() => await _records.Reader.ReadAsync(Cancelled).AsTask().WaitAsync(Limit, Cancelled);
    }

    /// <summary>Echoes, with TLS or without.</summary>
    private sealed class Server : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly SslStreamCertificateContext? _certificate;
        private readonly ConcurrentBag<Socket> _accepted = [];
        private readonly TaskCompletionSource<SocketError> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _received;

        public Server(SslStreamCertificateContext? certificate)
        {
            _certificate = certificate;
            _listener.Start();
            _ = AcceptAsync();
        }

        public EndPoint EndPoint => _listener.LocalEndpoint;

        public bool CutsAfterTheFirstAnswer { get; init; }

        public int Received => Volatile.Read(ref _received);

        public Task<SocketError> EndAsync() => _end.Task.WaitAsync(Limit, Cancelled);

        public ValueTask DisposeAsync()
        {
            _listener.Dispose();
            foreach (var socket in _accepted)
            {
                socket.Dispose();
            }

            return default;
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var socket = await _listener.AcceptSocketAsync();
                    _accepted.Add(socket);
                    _ = ServeAsync(socket);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }

        private async Task ServeAsync(Socket socket)
        {
            try
            {
                Stream stream = new NetworkStream(socket);
                if (_certificate is not null)
                {
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _certificate });
                    stream = tls;
                }

                var buffer = new byte[1000];
                while (await stream.ReadAsync(buffer) is var count and > 0)
                {
                    Interlocked.Add(ref _received, count);
                    await stream.WriteAsync(buffer.AsMemory(0, count));
                    if (CutsAfterTheFirstAnswer)
                    {
                        socket.Shutdown(SocketShutdown.Send);
                        return;
                    }
                }

                if (stream is SslStream ended)
                {
                    await ended.ShutdownAsync();
                }

                socket.Shutdown(SocketShutdown.Send);
                _end.TrySetResult(SocketError.Success);
            }
            catch (Exception error) when (error is IOException or AuthenticationException or SocketException or ObjectDisposedException)
            {
                _end.TrySetResult((error.InnerException as SocketException)?.SocketErrorCode ?? SocketError.SocketError);
            }
        }
    }
}
