using System.Net;
using System.Net.Security;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>HttpClient over connections of a destination (<see cref="DestinationExtensions.ToConnectCallback(Destination)"/>), against Kestrel.</summary>
[Trait("Category", "AnyTransport")]
public sealed class HttpClientTests
{
    private const string Name = "web.example";

    [Fact]
    public async Task Http11_ManyRequests_AreSpreadOverTheServers()
    {
        await using var one = await WebServer.StartAsync(HttpProtocols.Http1);
        await using var other = await WebServer.StartAsync(HttpProtocols.Http1);
        await using var servers = await BalancedServers.StartAsync(one.EndPoint, other.EndPoint);
        using (var http = Client(servers.Destination))
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(i => EchoAsync(http, "http", HttpVersion.Version11, i * 1000))).InTimeAsync();
            Assert.Equal(40, one.Requests + other.Requests);
            Assert.InRange(one.Requests, 1, 39);
        }

        await servers.WaitUnusedAsync();
    }

    [Fact]
    public async Task Http11_SynchronousRequests_AreAnswered()
    {
        await using var server = await WebServer.StartAsync(HttpProtocols.Http1);
        await using var servers = await BalancedServers.StartAsync(server.EndPoint);
        using (var http = Client(servers.Destination))
        {
            for (var i = 0; i < 10; i++)
            {
                using var request = Request("http", HttpVersion.Version11, new byte[100_000]);
                using var response = await Task.Factory.StartNew(() => http.Send(request, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).InTimeAsync();
                Assert.Equal(100_000, response.Content.ReadAsStream(TestContext.Current.CancellationToken).Length);
            }
        }

        await servers.WaitUnusedAsync();
    }

    [Fact]
    public async Task Http2_PriorKnowledge_OneConnectionCarriesAll()
    {
        await using var server = await WebServer.StartAsync(HttpProtocols.Http2);
        await using var servers = await BalancedServers.StartAsync(server.EndPoint);
        using (var http = Client(servers.Destination))
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(i => EchoAsync(http, "http", HttpVersion.Version20, i * 1000))).InTimeAsync();
            Assert.Equal((40, 1L), (server.Requests, servers.Load));
        }

        await servers.WaitUnusedAsync();
    }

    [Fact]
    public async Task Tls_ByTheHandler_NegotiatesHttp2WithTheHostOfTheRequest()
    {
        using var authority = new TestAuthority("root of the server");
        using var certificate = authority.Issue(Name);
        await using var server = await WebServer.StartAsync(HttpProtocols.Http1AndHttp2, certificate);
        await using var servers = await BalancedServers.StartAsync(server.EndPoint);
        using (var http = Client(servers.Destination, TlsSession.Trusting(authority.RootFile, Name)))
        {
            await EchoAsync(http, "https", HttpVersion.Version20, 1 << 20).InTimeAsync();
            await EchoAsync(http, "https", HttpVersion.Version11, 1 << 20).InTimeAsync();
        }

        await servers.WaitUnusedAsync();
    }

    [Fact]
    public async Task NoServer_ExceptionOfTheRequest_HasAddressAttemptsAndReason()
    {
        var (one, other) = (FreePort.NextEndPoint(), FreePort.NextEndPoint());
        await using var registry = new DestinationRegistry(_ => new DestinationOptions
        {
            Resolver = new StaticResolver(one, other),
            Connect = new Dialing.ConnectOptions { ConnectTimeout = TimeSpan.FromMilliseconds(300) },
        });
        using var http = Client(registry.Get(DstPath.Parse("/svc/web")));
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"http://{Name}/"), TestContext.Current.CancellationToken)).InTimeAsync();
        var cause = Assert.IsType<ConnectException>(error.InnerException);
        Assert.Equal(ConnectFailure.Refused, cause.LastFailure);
        Assert.Contains(cause.LastEndPoint, new EndPoint[] { one, other });
        Assert.Equal($"No connection to /svc/web: {cause.Attempts} attempts failed, the last one at {cause.LastEndPoint}: Connection refused (close reason SC).", cause.Message);
        Assert.Contains(cause.Message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegistryRoute_NamesByHost_EachReachesItsServerAndOneTooManyIsRejected()
    {
        await using var one = await WebServer.StartAsync(HttpProtocols.Http1);
        await using var other = await WebServer.StartAsync(HttpProtocols.Http1);
        await using var registry = new DestinationRegistry(
            name => new DestinationOptions { Resolver = new StaticResolver(name.ToString() == "/svc/one" ? one.EndPoint : other.EndPoint) },
            options: new DestinationRegistryOptions { MaxClientNamed = 2 });
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = registry.ToConnectCallback(context => context.DnsEndPoint.Host == "none" ? null : DstPath.FromLabels("svc", context.DnsEndPoint.Host)),
        };
        using (var http = new HttpClient(handler))
        {
            await http.GetAsync(new Uri("http://one/"), TestContext.Current.CancellationToken);
            await http.GetAsync(new Uri("http://two/"), TestContext.Current.CancellationToken);
            Assert.Equal((1, 1), (one.Requests, other.Requests));
            Assert.Equal("PA:destinations_full", await ReasonAsync(http, "three"));
            Assert.Equal("PA:no_route", await ReasonAsync(http, "none"));
            Assert.All(registry.Destinations, static destination => Assert.Equal(1, destination.Use.Holds));
        }

        // Nothing but the connections held them.
        await Eventually.IsTrueAsync(() => registry.Destinations.All(static destination => destination.Use.Holds == 0), () => "a destination is still held");
    }

    private static async Task<string> ReasonAsync(HttpClient http, string host)
    {
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"http://{host}/"), TestContext.Current.CancellationToken));
        var cause = Assert.IsType<ConnectException>(error.InnerException);
        Assert.Equal(0, cause.Attempts);
        return cause.Reason.ToString();
    }

    private static HttpClient Client(Destination destination, SslClientAuthenticationOptions? tls = null)
    {
        var handler = new SocketsHttpHandler { ConnectCallback = destination.ToConnectCallback() };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }

        return new HttpClient(handler);
    }

    private static HttpRequestMessage Request(string scheme, Version version, byte[] body) =>
        new(HttpMethod.Post, new Uri($"{scheme}://{Name}/")) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(body) };

    private static async Task EchoAsync(HttpClient http, string scheme, Version version, int length)
    {
        var body = new byte[length];
        new Random(length).NextBytes(body);
        using var request = Request(scheme, version, body);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(($"HTTP/{version.Major}{(version.Major == 1 ? ".1" : "")}", Name), (response.Headers.GetValues("x-protocol").Single(), response.Headers.GetValues("x-host").Single()));
        var received = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.True(body.AsSpan().SequenceEqual(received), "the body that came back is another one");
    }
}
