using System.Text;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving.Routed;

/// <summary>Rules of server names on a listener that ends TLS.</summary>
public sealed class TerminatedRouteTests
{
    private static readonly string[] Rules = ["a.test,alpn=h2=/svc/h2", "a.test=/svc/a", "*.wild.test=/svc/{1}"];

    public static TheoryData<TransportEngine> Engines => RoutedProxy.Engines;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Session_AfterTheHandshake_GoesByNameAndNegotiatedProtocol(TransportEngine engine)
    {
        await using var bed = await StartAsync(engine);
        foreach (var (name, protocol, expected) in new[] { ("a.test", "h2", "/svc/h2"), ("a.test", "http/1.1", "/svc/a"), ("a.test", null, "/svc/a"), ("API.wild.test", null, "/svc/api") })
        {
            await using var client = await bed.ConnectTlsAsync(name, protocol);
            await client.WriteAsync("plain"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.Equal(expected, await RoutedProxy.ReadLineAsync(client));
        }

        Assert.Equal("plain", Encoding.ASCII.GetString(await bed.Server("/svc/h2").ReceivedAsync(5)));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Session_NoRuleApplies_EndsTlsInOrder(TransportEngine engine)
    {
        await using var bed = await StartAsync(engine);
        await using var client = await bed.ConnectTlsAsync("other.test");
        Assert.Equal(0, await client.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        var record = await bed.NextAsync();
        Assert.Equal(("PA:no_route", "server name 'other.test'"), (record.Reason.ToString(), record.Detail));
    }

    [Fact]
    public async Task Session_NoRuleApplies_GoesToTheDefault()
    {
        await using var bed = await StartAsync(TransportEngine.Epoll, "/svc/default");
        await using var client = await bed.ConnectTlsAsync("other.test");
        await client.WriteAsync("plain"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("/svc/default", await RoutedProxy.ReadLineAsync(client));
    }

    [Fact]
    public async Task Session_IsNotTls_NeverGoesToTheDefault()
    {
        await using var bed = await StartAsync(TransportEngine.Epoll, "/svc/default");
        using var client = await bed.SendAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray());
        Assert.Empty(await RoutedProxy.ReadToEndAsync(client));
        Assert.Equal("PA:tls", (await bed.NextAsync()).Reason.ToString());
        Assert.Equal(0, bed.Server("/svc/default").Count);
    }

    private static Task<RoutedProxy> StartAsync(TransportEngine engine, string? otherwise = null) => RoutedProxy.StartAsync(
        engine, Rules, otherwise, static listener => listener.Tls = new ListenerTlsOptions { Certificates = [TlsMaterial.Files("ok"), TlsMaterial.Files("wildcard")], ApplicationProtocols = ["h2", "http/1.1"] });
}
