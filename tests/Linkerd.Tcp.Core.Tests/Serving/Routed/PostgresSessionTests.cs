using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Tests.Security;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving.Routed;

/// <summary>PostgreSQL's way into TLS, on a listener that routes and on one that ends TLS, and towards its servers.</summary>
public sealed class PostgresSessionTests
{
    private const string Default = "/svc/default";
    private const string Name = "/svc/db";
    private static readonly byte[] SslRequest = [0, 0, 0, 8, 4, 210, 22, 47];
    private static readonly byte[] GssRequest = [0, 0, 0, 8, 4, 210, 22, 48];
    private static readonly byte[] Cancel = [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2];
    private static readonly byte[] Startup = [0, 0, 0, 14, 0, 3, 0, 0, .. "user\0\0"u8];
    private static readonly string[] Rules = ["*.example.com=/svc/{1}"];
    private static readonly byte[] Hello = new HelloBuilder().WithName("db.example.com").Bytes();

    public static TheoryData<TransportEngine> Engines => RoutedProxy.Engines;

    [Theory]
    [InlineData(TransportEngine.Epoll, 8)]
    [InlineData(TransportEngine.Sockets, 8)]
    [InlineData(TransportEngine.Epoll, 1)]
    [InlineData(TransportEngine.Sockets, 3)]
    public async Task SslRequest_Routed_IsAnsweredSentToTheServerAndTheHelloFollows(TransportEngine engine, int piece)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, Rules);
        bed.Server(Name).PostgresAnswer = "S"u8.ToArray();
        using var client = await bed.ConnectAsync();
        foreach (var part in SslRequest.Chunk(piece))
        {
            await client.SendAllAsync(part);
        }

        Assert.Equal("S", await ReadAsync(client, 1));
        foreach (var part in Hello.Chunk(piece))
        {
            await client.SendAllAsync(part);
        }

        Assert.Equal(Name, await RoutedProxy.ReadLineAsync(client));
        Assert.Equal((byte[])[.. SslRequest, .. Hello], await bed.Server(Name).ReceivedAsync(8 + Hello.Length));
        client.Shutdown(SocketShutdown.Send);
        var record = await bed.NextAsync();
        Assert.Equal(("db.example.com", Hello.Length, Hello.Length), (record.Session.ServerName, record.BytesFromClient, record.BytesToServer));
        Assert.Equal((long)Name.Length + 1, record.BytesToClient);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task SslRequest_NoRuleApplies_GetsTheAlertOrTheDefault(TransportEngine engine)
    {
        var other = new HelloBuilder().WithName("db.other.test").Bytes();
        await using (var bed = await RoutedProxy.StartAsync(engine, Rules))
        {
            using var client = await AskAsync(bed);
            await client.SendAllAsync(other);
            Assert.Equal([21, 3, 3, 0, 2, 2, 112], await RoutedProxy.ReadToEndAsync(client));
        }

        await using (var bed = await RoutedProxy.StartAsync(engine, Rules, Default))
        {
            bed.Server(Default).PostgresAnswer = "S"u8.ToArray();
            using var client = await AskAsync(bed);
            await client.SendAllAsync(other);
            Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
            Assert.Equal((byte[])[.. SslRequest, .. other], await bed.Server(Default).ReceivedAsync(8 + other.Length));
        }
    }

    [Fact]
    public async Task DirectTls_Routed_SendsTheServerNoRequest()
    {
        await using var bed = await RoutedProxy.StartAsync(TransportEngine.Epoll, Rules);
        using var client = await bed.SendAsync(Hello);
        Assert.Equal(Name, await RoutedProxy.ReadLineAsync(client));
        Assert.Equal(Hello, await bed.Server(Name).ReceivedAsync(Hello.Length));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task GssRequest_Routed_IsRefusedAndTheClientGoesOn(TransportEngine engine)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, Rules, Default);
        bed.Server(Name).PostgresAnswer = "S"u8.ToArray();
        using (var client = await bed.SendAsync(GssRequest))
        {
            Assert.Equal("N", await ReadAsync(client, 1));
            await client.SendAllAsync(SslRequest);
            Assert.Equal("S", await ReadAsync(client, 1));
            await client.SendAllAsync(Hello);
            Assert.Equal(Name, await RoutedProxy.ReadLineAsync(client));
        }

        using var plain = await bed.SendAsync(GssRequest);
        Assert.Equal("N", await ReadAsync(plain, 1));
        await plain.SendAllAsync(Startup);
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(plain));
        Assert.Equal(Startup, await bed.Server(Default).ReceivedAsync(Startup.Length));
    }

    [Theory]
    [InlineData(TransportEngine.Epoll, false)]
    [InlineData(TransportEngine.Sockets, false)]
    [InlineData(TransportEngine.Epoll, true)]
    [InlineData(TransportEngine.Sockets, true)]
    public async Task Request_BytesBehindItBeforeTheAnswer_EndsTheSession(TransportEngine engine, bool terminates)
    {
        await using var bed = await StartAsync(engine, terminates);
        foreach (var request in new[] { SslRequest, GssRequest })
        {
            using var client = await bed.SendAsync([.. request, .. Hello]);
            Assert.Empty(await RoutedProxy.ReadToEndAsync(client));
            var record = await bed.NextAsync();
            Assert.Equal("PA:tls", record.Reason.ToString());
            Assert.Contains("CVE-2021-23214", record.Detail, StringComparison.Ordinal);
        }

        Assert.Equal((0, 0), (bed.Server(Name).Count, bed.Server(Default).Count));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SslRequest_NoTlsBehindIt_EndsTheSession(bool terminates)
    {
        await using var bed = await StartAsync(TransportEngine.Epoll, terminates);
        using var client = await AskAsync(bed);
        await client.SendAllAsync(Startup);
        Assert.Empty(await RoutedProxy.ReadToEndAsync(client));
        Assert.Equal("PA:tls", (await bed.NextAsync()).Reason.ToString());
        Assert.Equal(0, bed.Server(Default).Count);
    }

    [Fact]
    public async Task SslRequest_ClientIsSilentAfterTheAnswer_EndsAtTheTimeoutInSpiteOfADefault()
    {
        await using var bed = await RoutedProxy.StartAsync(TransportEngine.Epoll, Rules, Default, static listener => listener.PreludeTimeout = TimeSpan.FromMilliseconds(300));
        using var client = await AskAsync(bed);
        await RoutedProxy.ExpectResetAsync(client);
        Assert.Equal("cA", (await bed.NextAsync()).Reason.ToString());
        Assert.Equal(0, bed.Server(Default).Count);
    }

    [Theory]
    [InlineData(TransportEngine.Epoll, false)]
    [InlineData(TransportEngine.Sockets, false)]
    [InlineData(TransportEngine.Epoll, true)]
    [InlineData(TransportEngine.Sockets, true)]
    public async Task NoTls_CancelOrStartup_GoesToTheDefaultOrIsRefused(TransportEngine engine, bool hasDefault)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, Rules, hasDefault ? Default : null);
        var connection = 0;
        foreach (var (request, word) in new[] { (Cancel, "CancelRequest"), (Startup, "StartupMessage") })
        {
            using var client = await bed.SendAsync(request);
            if (hasDefault)
            {
                Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
                Assert.Equal(request, await bed.Server(Default).ReceivedAsync(request.Length, connection++));
                continue;
            }

            Assert.Empty(await RoutedProxy.ReadToEndAsync(client));
            var record = await bed.NextAsync();
            Assert.Equal("PA:no_route", record.Reason.ToString());
            Assert.Contains(word, record.Detail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("N", "refused the PostgreSQL SSLRequest", "SC")]
    [InlineData("Esorry, too many clients already\n\0", "with an error, 'Esorry, too many client", "SC")]
    [InlineData("Sx", "CVE-2021-23222", "SC")]
    [InlineData("?", "with '?'; expected 'S'", "SC")]
    [InlineData("", "ended the connection before it answered", "SC")]
    [InlineData(null, "did not answer the PostgreSQL SSLRequest in time", "sC")]
    public async Task Server_DoesNotAgree_IsAConnectFailureWithItsCause(string? answer, string words, string reason)
    {
        await using var bed = await RoutedProxy.StartAsync(
            TransportEngine.Epoll, Rules, destinations: static (_, options) => options.Connect = new ConnectOptions { MaxAttempts = 1, AttemptTimeout = TimeSpan.FromMilliseconds(500) });
        bed.Server(Name).PostgresAnswer = answer is null ? null : Encoding.Latin1.GetBytes(answer);
        bed.Server(Name).IsSilent = answer is null;
        using var client = await AskAsync(bed);
        await client.SendAllAsync(Hello);
        await RoutedProxy.ExpectResetAsync(client);
        var record = await bed.NextAsync();
        Assert.Equal((reason, 1), (record.Reason.ToString(), record.Attempts));
        Assert.Contains(words, record.Detail, StringComparison.Ordinal);
        Assert.Equal(SslRequest, await bed.Server(Name).ReceivedAsync(8));
    }

    [Fact]
    public async Task Server_DoesNotAgree_AnotherIsTried()
    {
        await using var good = new RecordingServer("good") { PostgresAnswer = "S"u8.ToArray() };
        await using var bad = new RecordingServer("bad") { PostgresAnswer = "N"u8.ToArray() };
        await using var bed = await RoutedProxy.StartAsync(
            TransportEngine.Epoll,
            Rules,
            destinations: (_, options) =>
            {
                options.Resolver = new StaticResolver(good.EndPoint, bad.EndPoint);
                options.Connect = new ConnectOptions { MaxAttempts = 3 };
            });
        for (var i = 0; i < 10; i++)
        {
            using var client = await AskAsync(bed);
            await client.SendAllAsync(Hello);
            Assert.Equal("good", await RoutedProxy.ReadLineAsync(client));
        }

        Assert.InRange(bad.Count, 1, 10);
    }

    [Fact]
    public async Task Header_OfThisProxy_ComesBeforeTheRequest()
    {
        await using var bed = await RoutedProxy.StartAsync(TransportEngine.Epoll, Rules, destinations: static (_, options) => options.SendProxy = new SendProxyOptions());
        bed.Server(Name).PostgresAnswer = "S"u8.ToArray();
        using var client = await AskAsync(bed);
        await client.SendAllAsync(Hello);
        Assert.Equal(Name, await RoutedProxy.ReadLineAsync(client));
        var received = await bed.Server(Name).ReceivedAsync(100);
        var header = ProxyHeader.Read(received);
        Assert.Equal("db.example.com", header.Header!.Authority);
        Assert.Equal((byte[])[.. SslRequest, .. Hello], received[header.Consumed..]);
    }

    [Fact]
    public async Task Preconnects_SessionThatNeedsARequest_TakesNone()
    {
        await using var bed = await RoutedProxy.StartAsync(TransportEngine.Epoll, Rules, destinations: static (_, options) => options.Preconnect = new PreconnectOptions { Connections = 1 });
        using var first = await bed.SendAsync(Hello);
        Assert.Equal(Name, await RoutedProxy.ReadLineAsync(first));
        var pool = bed.Registry.Destinations.Single().Preconnects.Pool!;
        await UntilAsync(() => pool.Count == 1);
        bed.Server(Name).PostgresAnswer = "S"u8.ToArray();
        using var client = await AskAsync(bed);
        await client.SendAllAsync(Hello);
        Assert.Equal(Name, await RoutedProxy.ReadLineAsync(client));
        Assert.Equal(1, pool.Count);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(1, (await bed.NextAsync()).Attempts);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Terminated_ServerIsPlain_GetsTheStartupAlone(TransportEngine engine)
    {
        await using var bed = await StartAsync(engine, terminates: true);
        await using var client = await AskTlsAsync(bed);
        await client.WriteAsync(Startup, TestContext.Current.CancellationToken);
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
        Assert.Equal(Startup, await bed.Server(Default).ReceivedAsync(Startup.Length));
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(false, false, false)]
    [InlineData(false, true, true)]
    [InlineData(true, true, true)]
    public async Task Terminated_ServerHasTls_IsAskedIfTheClientDidOrTheOptionSays(bool clientAsks, bool always, bool expected)
    {
        await using var server = new PostgresServer();
        await using var bed = await StartAsync(TransportEngine.Epoll, terminates: true, (_, options) =>
        {
            options.Resolver = new StaticResolver(server.EndPoint);
            options.Tls = new ServerTlsOptions { ServerName = "a.test", RootFiles = [TlsMaterial.RootFile], UsePostgresSslRequest = always };
        });
        await using var client = clientAsks ? await AskTlsAsync(bed) : await bed.ConnectTlsAsync("a.test");
        await client.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("hello", await RoutedProxy.ReadLineAsync(client));
        Assert.Equal(expected, await server.WasAskedAsync());
    }

    [Fact]
    public async Task Checks_OptionSaysAlways_AskTheServer()
    {
        await using var server = new PostgresServer();
        await using var bed = await RoutedProxy.StartAsync(TransportEngine.Epoll, [], Default, destinations: (_, options) =>
        {
            options.Resolver = new StaticResolver(server.EndPoint);
            options.Check = new ActiveCheckOptions { Interval = TimeSpan.FromMilliseconds(100) };
            options.Tls = new ServerTlsOptions { ServerName = "a.test", RootFiles = [TlsMaterial.RootFile], UsePostgresSslRequest = true };
        });
        Assert.True(await server.WasAskedAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Terminated_NoTls_IsRefused(bool isCancel)
    {
        await using var bed = await StartAsync(TransportEngine.Epoll, terminates: true);
        using var client = await bed.SendAsync(isCancel ? Cancel : Startup);
        Assert.Empty(await RoutedProxy.ReadToEndAsync(client));
        Assert.Equal("PA:tls", (await bed.NextAsync()).Reason.ToString());
        Assert.Equal(0, bed.Server(Default).Count);
    }

    private static Task<RoutedProxy> StartAsync(TransportEngine engine, bool terminates, Action<DstPath, DestinationOptions>? destinations = null) => RoutedProxy.StartAsync(
        engine, terminates ? [] : Rules, Default, listener => listener.Tls = terminates ? new ListenerTlsOptions { Certificates = [TlsMaterial.Files("ok")] } : null, destinations);

    private static async Task<Socket> AskAsync(RoutedProxy bed)
    {
        var client = await bed.SendAsync(SslRequest);
        Assert.Equal("S", await ReadAsync(client, 1));
        return client;
    }

    private static async Task<SslStream> AskTlsAsync(RoutedProxy bed) => await bed.ConnectTlsAsync("a.test", socket: await AskAsync(bed));

    private static async Task<string> ReadAsync(Socket socket, int count)
    {
        var buffer = new byte[count];
        await using var stream = new NetworkStream(socket);
        await stream.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(RoutedProxy.Limit, TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(buffer);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var until = DateTime.UtcNow + RoutedProxy.Limit; !condition();)
        {
            Assert.True(DateTime.UtcNow < until);
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A server with TLS, with or without a request before it. Echoes, with a line feed behind.</summary>
    private sealed class PostgresServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource<bool> _wasAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public PostgresServer()
        {
            _listener.Start();
            _ = AcceptAsync();
        }

        public EndPoint EndPoint => _listener.LocalEndpoint;

        public Task<bool> WasAskedAsync() => _wasAsked.Task.WaitAsync(RoutedProxy.Limit, TestContext.Current.CancellationToken);

        public ValueTask DisposeAsync()
        {
            _listener.Dispose();
            return default;
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = ServeAsync(await _listener.AcceptSocketAsync());
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }

        private async Task ServeAsync(Socket socket)
        {
            using (socket)
            {
                try
                {
                    var head = new byte[8];
                    var isAsking = await socket.ReceiveAsync(head, SocketFlags.Peek) > 0 && head[0] == 0;
                    await using var stream = new NetworkStream(socket);
                    if (isAsking)
                    {
                        await stream.ReadExactlyAsync(head);
                        await stream.WriteAsync("S"u8.ToArray());
                    }

                    await using var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = TlsMaterial.Context("ok") });
                    _wasAsked.TrySetResult(isAsking && SslRequest.AsSpan().SequenceEqual(head));
                    var buffer = new byte[100];
                    while (await tls.ReadAsync(buffer) is var count and > 0)
                    {
                        await tls.WriteAsync((byte[])[.. buffer.AsSpan(0, count), (byte)'\n']);
                    }
                }
                catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException or SocketException)
                {
                    return;
                }
            }
        }
    }
}
