using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.TestUtilities;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Connections of Kestrel that are proxied to a destination.</summary>
public sealed class KestrelConnectionTests
{
    [Fact]
    public async Task UseTcpDestination_Client_IsServedByAnEndpointAndItsLoadIsGivenBack()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var app = await StartAsync(backend.EndPoint.ToString());
        var destination = app.Services.GetRequiredKeyedService<Destination>("web");
        using (var client = await ConnectAsync(app))
        {
            Assert.Equal("ping", await AskAsync(client));
            Assert.Equal(1, Assert.Single(destination.Snapshot().Endpoints).Open);
        }

        await Eventually.IsTrueAsync(() => Assert.Single(destination.Snapshot().Endpoints).Open == 0 && backend.Open == 0, () => $"{backend.Open} connections are open");
    }

    [Fact]
    public async Task UseTcpDestination_ServerCloses_ClientGetsAllBytesAndTheEnd()
    {
        var text = new string('x', 1_000_000);
        await using var backend = new TcpBackend(Serve.Say(text));
        await using var app = await StartAsync(backend.EndPoint.ToString());
        using var client = await ConnectAsync(app);
        await using var stream = new NetworkStream(client);
        using var reader = new StreamReader(stream);
        Assert.Equal(text, await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task UseTcpDestination_NoServer_ClientIsClosed()
    {
        var backend = new TcpBackend(Serve.EchoAsync);
        await backend.DisposeAsync();
        await using var app = await StartAsync(backend.EndPoint.ToString());
        using var client = await ConnectAsync(app);
        Assert.Equal(0, await ReceiveAsync(client));
    }

    // The server decides whether it is a FIN or a RST.
    private static async Task<int> ReceiveAsync(Socket client)
    {
        try
        {
            return await client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static async Task<WebApplication> StartAsync(string target)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddTcpDestination("web", target);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static endpoint => endpoint.UseTcpDestination("web")));
        var app = builder.Build();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static async Task<Socket> ConnectAsync(WebApplication app)
    {
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, address.Port, TestContext.Current.CancellationToken);
        return client;
    }

    private static async Task<string> AskAsync(Socket client)
    {
        await client.SendAsync("ping"u8.ToArray(), TestContext.Current.CancellationToken);
        var buffer = new byte[16];
        return Encoding.UTF8.GetString(buffer, 0, await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken));
    }
}
