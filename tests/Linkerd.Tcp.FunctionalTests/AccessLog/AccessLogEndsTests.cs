using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The line of each kind of end, in both formats.</summary>
[Trait("Category", "AnyTransport")]
public sealed class AccessLogEndsTests
{
    private static readonly ClientNetworks Loopback = new([IPNetwork.Parse("127.0.0.0/8")]);

    [Fact]
    public Task End_BothSidesAreDone_IsNormal() => RunAsync(
        client => client.EchoAsync("hello"),
        "CLIENT [TIME] LISTENER NAME/SERVER T/T/T 5 -- 1 event=end id=N preludeMs=T firstByteMs=T bytesFromClient=5 bytesToServer=5 bytesFromServer=5",
        """{"time":"TIME","event":"end","id":N,"client":"CLIENT","listener":"LISTENER","name":"NAME","endpoint":"SERVER","attempts":1,"reason":"--","preludeMs":T,"queueMs":T,"connectMs":T,"firstByteMs":T,"totalMs":T,"bytesFromClient":5,"bytesToServer":5,"bytesFromServer":5,"bytesToClient":5}""");

    [Fact]
    public Task End_ServerSaidNothing_HasNoFirstByte() => RunAsync(
        client => client.SendTextAsync("hello"),
        "CLIENT [TIME] LISTENER NAME/SERVER T/T/T 0 -- 1 event=end id=N preludeMs=T bytesFromClient=5 bytesToServer=5 bytesFromServer=0",
        """{"time":"TIME","event":"end","id":N,"client":"CLIENT","listener":"LISTENER","name":"NAME","endpoint":"SERVER","attempts":1,"reason":"--","preludeMs":T,"queueMs":T,"connectMs":T,"totalMs":T,"bytesFromClient":5,"bytesToServer":5,"bytesFromServer":0,"bytesToClient":0}""",
        serve: SwallowAsync);

    [Fact]
    public Task End_IdleTimeout_SaysWhoWasSilent() => RunAsync(
        async client =>
        {
            await client.EchoAsync("hello");
            await client.IsResetAsync();
        },
        "CLIENT [TIME] LISTENER NAME/SERVER T/T/T 5 cD 1 event=end id=N preludeMs=T firstByteMs=T bytesFromClient=5 bytesToServer=5 bytesFromServer=5",
        """{"time":"TIME","event":"end","id":N,"client":"CLIENT","listener":"LISTENER","name":"NAME","endpoint":"SERVER","attempts":1,"reason":"cD","preludeMs":T,"queueMs":T,"connectMs":T,"firstByteMs":T,"totalMs":T,"bytesFromClient":5,"bytesToServer":5,"bytesFromServer":5,"bytesToClient":5}""",
        server: server => server.IdleTimeout = TimeSpan.FromMilliseconds(200));

    [Fact]
    public Task End_ServerRefuses_HasNoServer() => RunAsync(
        client => client.IsResetAsync(),
        "CLIENT [TIME] LISTENER NAME/- T/-1/T 0 SC N event=end id=N preludeMs=T bytesFromClient=0 bytesToServer=0 bytesFromServer=0 detail=\"Connection refused\"",
        """{"time":"TIME","event":"end","id":N,"client":"CLIENT","listener":"LISTENER","name":"NAME","attempts":N,"reason":"SC","detail":"Connection refused","preludeMs":T,"queueMs":T,"totalMs":T,"bytesFromClient":0,"bytesToServer":0,"bytesFromServer":0,"bytesToClient":0}""",
        server: server => server.ConnectTimeout = TimeSpan.FromMilliseconds(300),
        isRefused: true);

    [Fact]
    public Task End_RejectedPrelude_WasNotRouted() => RunAsync(
        async client =>
        {
            await client.SendTextAsync("nonsense\r\n");
            await client.IsResetAsync();
        },
        "CLIENT [TIME] LISTENER -/- -1/-1/T 0 PA:proxy_protocol 0 event=end id=N preludeMs=T bytesFromClient=0 bytesToServer=0 bytesFromServer=0 detail=\"DETAIL\"",
        """{"time":"TIME","event":"end","id":N,"client":"CLIENT","listener":"LISTENER","attempts":0,"reason":"PA:proxy_protocol","detail":"DETAIL","preludeMs":T,"totalMs":T,"bytesFromClient":0,"bytesToServer":0,"bytesFromServer":0,"bytesToClient":0}""",
        server: server => server.AcceptProxy = Loopback);

    [Fact]
    public Task End_ProxyHeader_HasBothClients() => RunAsync(
        async client =>
        {
            await client.SendTextAsync("PROXY TCP4 192.0.2.1 198.51.100.7 4711 443\r\n");
            await client.EchoAsync("hello");
        },
        "192.0.2.1:4711 [TIME] LISTENER NAME/SERVER T/T/T 5 -- 1 event=end id=N preludeMs=T firstByteMs=T bytesFromClient=5 bytesToServer=5 bytesFromServer=5 peer=CLIENT local=198.51.100.7:443",
        """{"time":"TIME","event":"end","id":N,"client":"192.0.2.1:4711","peer":"CLIENT","local":"198.51.100.7:443","listener":"LISTENER","name":"NAME","endpoint":"SERVER","attempts":1,"reason":"--","preludeMs":T,"queueMs":T,"connectMs":T,"firstByteMs":T,"totalMs":T,"bytesFromClient":5,"bytesToServer":5,"bytesFromServer":5,"bytesToClient":5}""",
        server: server => server.AcceptProxy = Loopback);

    [Fact]
    public async Task End_NotTls_IsRejected()
    {
        using var files = new TlsFiles();
        await RunAsync(
            async client =>
            {
                await client.SendTextAsync("GET / HTTP/1.0\r\n\r\n");
                await Assert.ThrowsAnyAsync<Exception>(async () => Assert.NotEqual(0, await client.ReceiveAsync(new byte[100])));
            },
            "CLIENT [TIME] LISTENER -/- -1/-1/T 0 PA:tls 0 event=end id=N preludeMs=T bytesFromClient=0 bytesToServer=0 bytesFromServer=0 detail=\"DETAIL\"",
            """{"time":"TIME","event":"end","id":N,"client":"CLIENT","listener":"LISTENER","attempts":0,"reason":"PA:tls","detail":"DETAIL","preludeMs":T,"totalMs":T,"bytesFromClient":0,"bytesToServer":0,"bytesFromServer":0,"bytesToClient":0}""",
            server: server => server.Tls = TlsOf(files));
    }

    [Fact]
    public async Task End_TlsOnBothSides_HasBoth()
    {
        using var files = new TlsFiles();
        using var own = files.Issue(new TestCertificate("client.test") { Uris = ["spiffe://test/ns/web"] });
        using var back = files.Issue(new TestCertificate("a.test"));
        await RunAsync(
            async client =>
            {
                await using var tls = new SslStream(new NetworkStream(client), false, static (_, certificate, _, _) => certificate is not null);
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = "a.test",
                    ApplicationProtocols = [new SslApplicationProtocol("h2")],
                    ClientCertificateContext = SslStreamCertificateContext.Create(own, [.. ChainOf(files, own)], offline: true),
                });
                await tls.WriteAsync("hello"u8.ToArray());
                await tls.ReadExactlyAsync(new byte[5]);
                await tls.ShutdownAsync();
                Assert.Equal(0, await tls.ReadAsync(new byte[1]));
            },
            "CLIENT [TIME] LISTENER NAME/SERVER T/T/T 5 -- 1 event=end id=N preludeMs=T firstByteMs=T bytesFromClient=5 bytesToServer=5 bytesFromServer=5 serverName=a.test alpn=h2 clientTls=1.3/TLS_AES_256_GCM_SHA384 clientCertificate=spiffe://test/ns/web serverTls=1.3/TLS_AES_256_GCM_SHA384 serverAlpn=h2",
            """{"time":"TIME","event":"end","id":N,"client":"CLIENT","listener":"LISTENER","serverName":"a.test","alpn":"h2","name":"NAME","endpoint":"SERVER","attempts":1,"reason":"--","preludeMs":T,"queueMs":T,"connectMs":T,"firstByteMs":T,"totalMs":T,"bytesFromClient":5,"bytesToServer":5,"bytesFromServer":5,"bytesToClient":5,"clientTls":{"version":"1.3","cipher":"TLS_AES_256_GCM_SHA384","alpn":"h2","certificate":"spiffe://test/ns/web"},"serverTls":{"version":"1.3","cipher":"TLS_AES_256_GCM_SHA384","alpn":"h2"}}""",
            server: server =>
            {
                server.Tls = TlsOf(files);
                server.Tls.AlpnProtocols = ["h2"];
                server.Tls.ClientAuth = ClientCertificateMode.Require;
                server.Tls.TrustCerts = [files.Root];
            },
            client: client =>
            {
                (client.Tls, client.TlsDnsName, client.TlsTrustCerts, client.TlsAlpnProtocols) = (true, "a.test", [files.Root], ["h2"]);
            },
            serve: async socket =>
            {
                await using var tls = new SslStream(new NetworkStream(socket));
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = SslStreamCertificateContext.Create(back, [.. ChainOf(files, back)], offline: true),
                    ApplicationProtocols = [new SslApplicationProtocol("h2")],
                });
                var buffer = new byte[5];
                await tls.ReadExactlyAsync(buffer);
                await tls.WriteAsync(buffer);
                Assert.Equal(0, await tls.ReadAsync(buffer));
                await tls.ShutdownAsync();
            });
    }

    [Fact]
    public async Task End_ClientCutsItsTls_IsTruncated()
    {
        using var files = new TlsFiles();
        await RunAsync(
            async client =>
            {
                await using var tls = new SslStream(new NetworkStream(client), false, static (_, certificate, _, _) => certificate is not null);
                await tls.AuthenticateAsClientAsync("a.test");
                await tls.WriteAsync("hello"u8.ToArray());
                await tls.ReadExactlyAsync(new byte[5]);
                client.Shutdown(SocketShutdown.Send);
                await client.ReceiveToEndAsync();
            },
            "CLIENT [TIME] LISTENER NAME/SERVER T/T/T 5 --:truncated 1 event=end id=N preludeMs=T firstByteMs=T bytesFromClient=5 bytesToServer=5 bytesFromServer=5 serverName=a.test clientTls=1.3/TLS_AES_256_GCM_SHA384",
            """{"time":"TIME","event":"end","id":N,"client":"CLIENT","listener":"LISTENER","serverName":"a.test","name":"NAME","endpoint":"SERVER","attempts":1,"reason":"--:truncated","preludeMs":T,"queueMs":T,"connectMs":T,"firstByteMs":T,"totalMs":T,"bytesFromClient":5,"bytesToServer":5,"bytesFromServer":5,"bytesToClient":5,"clientTls":{"version":"1.3","cipher":"TLS_AES_256_GCM_SHA384"}}""",
            server: server => server.Tls = TlsOf(files));
    }

    [Fact]
    public Task End_Drained_IsTheOperators() => RunAsync(
        async (client, proxy) =>
        {
            await client.EchoAsync("hello");
            await proxy.Host.DrainAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
            await client.IsResetAsync();
        },
        "CLIENT [TIME] LISTENER NAME/SERVER T/T/T 5 KD 1 event=end id=N preludeMs=T firstByteMs=T bytesFromClient=5 bytesToServer=5 bytesFromServer=5",
        """{"time":"TIME","event":"end","id":N,"client":"CLIENT","listener":"LISTENER","name":"NAME","endpoint":"SERVER","attempts":1,"reason":"KD","preludeMs":T,"queueMs":T,"connectMs":T,"firstByteMs":T,"totalMs":T,"bytesFromClient":5,"bytesToServer":5,"bytesFromServer":5,"bytesToClient":5}""");

    [Fact]
    public Task End_ClientResets_IsTheClients() => RunAsync(
        async client =>
        {
            await client.EchoAsync("hello");
            client.Reset();
        },
        "CLIENT [TIME] LISTENER NAME/SERVER T/T/T 5 CD 1 event=end id=N preludeMs=T firstByteMs=T bytesFromClient=5 bytesToServer=5 bytesFromServer=5",
        """{"time":"TIME","event":"end","id":N,"client":"CLIENT","listener":"LISTENER","name":"NAME","endpoint":"SERVER","attempts":1,"reason":"CD","preludeMs":T,"queueMs":T,"connectMs":T,"firstByteMs":T,"totalMs":T,"bytesFromClient":5,"bytesToServer":5,"bytesFromServer":5,"bytesToClient":5}""");

    private static Task RunAsync(
        Func<Socket, Task> talk,
        string text,
        string json,
        Func<Socket, Task>? serve = null,
        Action<ServerConfiguration>? server = null,
        Action<ClientSettings>? client = null,
        bool isRefused = false) => RunAsync((socket, _) => talk(socket), text, json, serve, server, client, isRefused);

    private static async Task RunAsync(
        Func<Socket, LoggedProxy, Task> talk,
        string text,
        string json,
        Func<Socket, Task>? serve = null,
        Action<ServerConfiguration>? server = null,
        Action<ClientSettings>? client = null,
        bool isRefused = false)
    {
        foreach (var format in Enum.GetValues<AccessLogFormat>())
        {
            await using var backend = new TcpBackend(serve ?? Serve.EchoAsync);
            if (isRefused)
            {
                await backend.DisposeAsync();
            }

            await using var proxy = await LoggedProxy.StartAsync(backend.Name, log => log.Format = format, server, client);
            var endPoint = proxy.EndPoint;
            using (var socket = await ClientSocket.ConnectAsync(endPoint))
            {
                await talk(socket, proxy);
            }

            var line = LoggedProxy.Normalize(Assert.Single(await proxy.LinesAsync(1)), endPoint, backend.EndPoint);
            var expected = format == AccessLogFormat.Json ? json : text;
            Assert.Equal(expected, Generalize(line, expected));
        }
    }

    // The words of some reasons are those of other tests, and so are the numbers of attempts that fit into a time.
    private static string Generalize(string line, string expected)
    {
        line = expected.Contains("DETAIL", StringComparison.Ordinal) ? System.Text.RegularExpressions.Regex.Replace(line, """(detail(=|":)")(?:[^"\\]|\\.)+""", "$1DETAIL") : line;
        return expected.Contains(" SC N ", StringComparison.Ordinal) || expected.Contains("\"attempts\":N", StringComparison.Ordinal)
            ? System.Text.RegularExpressions.Regex.Replace(line, """( SC |"attempts":)\d+""", "$1N") : line;
    }

    private static ServerTlsConfiguration TlsOf(TlsFiles files)
    {
        var identity = files.Write("a.test");
        return new ServerTlsConfiguration { DefaultIdentity = new IdentityConfiguration { Certs = [identity.Certificate], PrivateKey = identity.Key } };
    }

    private static X509Certificate2Collection ChainOf(TlsFiles files, X509Certificate2 certificate)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(files.ChainPem(certificate));
        chain.RemoveAt(0);
        return chain;
    }

    private static async Task SwallowAsync(Socket socket) => await socket.ReceiveToEndAsync();
}
