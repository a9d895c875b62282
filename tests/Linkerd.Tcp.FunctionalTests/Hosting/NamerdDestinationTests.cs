using System.Text;
using Linkerd.Tcp.Hosting.Namerd;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Destinations of a container whose names namerd binds.</summary>
public sealed class NamerdDestinationTests
{
    [Fact]
    public async Task AddNamerd_CodeAndSection_AreResolvedOverHttp()
    {
        await using var backend = new TcpBackend(Serve.Say("web"));
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Of(StandInAddress.Of(backend.EndPoint)));
        var services = new ServiceCollection();
        services.AddTcpDestination("code", "/svc/web", destination => destination.Interpreter = new NamerdConfiguration { BaseAddresses = [namerd.BaseAddress] }).AddNamerd();
        services.AddTcpDestination("section", Section("io.l5d.namerd.http", namerd.BaseAddress)).AddNamerd();
        await using var container = services.BuildServiceProvider();
        Assert.Equal("web", await AskAsync(container, "code"));
        Assert.Equal("web", await AskAsync(container, "section"));
    }

    [Fact]
    public async Task AddMesh_Section_IsResolvedOverGrpc()
    {
        await using var backend = new TcpBackend(Serve.Say("web"));
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.Set("/svc/web", NameState.Bound.Of(StandInAddress.Of(backend.EndPoint)));
        var services = new ServiceCollection();
        services.AddTcpDestination("web", Section("io.l5d.mesh", mesh.Address)).AddMesh();
        await using var container = services.BuildServiceProvider();
        Assert.Equal("web", await AskAsync(container, "web"));
    }

    private static IConfigurationRoot Section(string kind, Uri address) => new ConfigurationBuilder().AddInMemoryCollection(
    [
        new("dstName", "/svc/web"),
        new("interpreter:kind", kind),
        new("interpreter:baseUrl", address.ToString()),
        new("interpreter:namespace", "default"),
    ]).Build();

    private static async Task<string> AskAsync(ServiceProvider container, string name)
    {
        var destination = container.GetRequiredKeyedService<Destination>(name);
        await using var stream = (await destination.ConnectAsync(TestContext.Current.CancellationToken)).AsStream();
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
