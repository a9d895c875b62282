using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.FunctionalTests;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class HostedDestinationTests
{
    [Fact]
    public async Task AddTcpDestination_Target_ConnectsWithoutAHost()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        var services = new ServiceCollection();
        services.AddTcpDestination("web", backend.EndPoint.ToString());
        using var container = services.BuildServiceProvider();
        var destination = container.GetRequiredKeyedService<Destination>("web");
        Assert.Same(destination, container.GetRequiredKeyedService<Destination>("web"));
        Assert.Equal("ping", await AskAsync(destination));
    }

    [Fact]
    public async Task AddTcpDestination_Section_TakesAnotherTargetAndKeepsTheDestination()
    {
        await using var first = new TcpBackend(Serve.GreetAndEcho("first"));
        await using var second = new TcpBackend(Serve.GreetAndEcho("second"));
        await using var app = new HostedApp([new("web:dstName", first.EndPoint.ToString())], static (services, configuration) => services.AddTcpDestination("web", configuration.GetSection("web")));
        await app.App.StartAsync(TestContext.Current.CancellationToken);
        var destination = app.App.Services.GetRequiredKeyedService<Destination>("web");
        Assert.StartsWith("first", await AskAsync(destination), StringComparison.Ordinal);
        app.Change(("web:dstName", second.EndPoint.ToString()), ("web:client:retries", "1"));
        await app.WaitForLogAsync("changed: dstName, client.retries");
        await Eventually.IsTrueAsync(() => destination.FindEndpoint(second.EndPoint) is not null, () => $"{destination.Resolution}");
        Assert.StartsWith("second", await AskAsync(destination), StringComparison.Ordinal);

        app.Change(("web:dstName", "/svc/a &"));
        await app.WaitForLogAsync("Error 8513 web:dstName: ");
        Assert.StartsWith("second", await AskAsync(destination), StringComparison.Ordinal);
        await app.App.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task StartAsync_SectionWithErrors_ThrowsWithTheirKeys()
    {
        await using var app = new HostedApp([new("web:dstname", "/svc/web"), new("web:client:retires", "2")], static (services, configuration) => services.AddTcpDestination("web", configuration.GetSection("web")));
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => app.App.StartAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("web:client:retires: unknown key; did you mean retries?", Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseTcpDestination_HttpClient_GoesToEndpointsAndPassesOverOneThatRefuses()
    {
        await using var first = new TcpBackend(AnswerAsync);
        await using var second = new TcpBackend(AnswerAsync);
        var refusing = new TcpBackend(AnswerAsync);
        await refusing.DisposeAsync();
        var services = new ServiceCollection();
        services.AddTcpDestination("web", $"{first.EndPoint},{refusing.EndPoint},{second.EndPoint}");
        services.AddHttpClient("web", static client => client.BaseAddress = new Uri("http://web.example/")).UseTcpDestination("web");
        await using var container = services.BuildServiceProvider();
        var client = container.GetRequiredService<IHttpClientFactory>().CreateClient("web");
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal("hello", await client.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken));
        }

        Assert.InRange(first.Accepted, 5, 25);
        Assert.Equal(30, first.Accepted + second.Accepted);
    }

    [Fact]
    public async Task AddResolver_OfTheContainer_ResolvesTheTarget()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        var resolver = new ChangingResolver();
        resolver.Put(new Resolution.Bound(EndpointSet.Create(backend.EndPoint)));
        var services = new ServiceCollection();
        services.AddSingleton(resolver);
        services.AddTcpDestination("web", "/svc/web").AddResolver<ChangingResolver>();
        services.AddTcpDestination("tree", "/svc/a & /svc/b").AddResolver<ChangingResolver>();
        services.AddHealthChecks().AddTcpDestination("web");
        services.AddLogging();
        await using var container = services.BuildServiceProvider();
        Assert.Equal("ping", await AskAsync(container.GetRequiredKeyedService<Destination>("web")));
        Assert.Equal(HealthStatus.Healthy, (await container.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Status);
        Assert.Contains("a resolver takes names", Assert.Throws<NameBindingException>(() => container.GetRequiredKeyedService<Destination>("tree")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddDns_Namer_CanBeUsedByADtab()
    {
        var services = new ServiceCollection();
        services.AddTcpDestination("web", "/svc/web", static destination => destination.Interpreter = new LocalInterpreterConfiguration { Dtab = Dtab.Parse("/svc/web => /#/io.l5d.dns/localhost/80") }).AddDns();
        await using var container = services.BuildServiceProvider();
        var destination = container.GetRequiredKeyedService<Destination>("web");
        await destination.WaitResolvedAsync(TestContext.Current.CancellationToken);
        Assert.NotNull(destination.FindEndpoint(new IPEndPoint(IPAddress.Loopback, 80)));
    }

    private static async Task<string> AskAsync(Destination destination)
    {
        await using var stream = (await destination.ConnectAsync(TestContext.Current.CancellationToken)).AsStream();
        await stream.WriteAsync("ping"u8.ToArray(), TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        return Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken));
    }

    private static async Task AnswerAsync(Socket socket)
    {
        var buffer = new byte[1024];
        await socket.ReceiveAsync(buffer);
        await socket.SendAllAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"u8.ToArray());
    }
}
