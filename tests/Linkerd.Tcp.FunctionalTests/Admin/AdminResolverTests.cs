using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The documents of resolvers that ask a control plane: its servers, and the last answers.</summary>
[Trait("Category", "AnyTransport")]
public sealed partial class AdminResolverTests
{
    [Fact]
    public async Task Resolvers_OfTheMesh_HaveServersAndLastAnswers()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.Set("/svc/web", NameState.Bound.Of(StandInAddress.Of(backend.EndPoint)));
        var other = FreePort.Next();
        await using var admin = await AdminProcess.StartAsync("/svc/web", "-n", $"{mesh.Address},mesh://127.0.0.1:{other}");
        await ShowsAsync(admin, mesh, """{"name":"/svc/web","resolution":"bound","error":null,"ageSeconds":TIME}""");
        await ShowsAsync(admin, mesh, """{"address":"MESH","isAvailable":true,"error":null,"retryAfterSeconds":null}""");

        namerd.Set("/svc/web", new NameState.Neg());
        await ShowsAsync(admin, mesh, """{"name":"/svc/web","resolution":"negative","error":null,"ageSeconds":TIME}""");
        namerd.Set("/svc/web", NameState.Bound.Of(StandInAddress.Of(backend.EndPoint)));
        await ShowsAsync(admin, mesh, """{"name":"/svc/web","resolution":"bound","error":null,"ageSeconds":TIME}""");

        await mesh.StopAsync();
        await ShowsAsync(admin, mesh, """{"address":"MESH","isAvailable":false,"error":""");
        Assert.Contains("\"interpreter\":\"io.l5d.mesh\"", await admin.GetAsync("/api/v1/resolvers"), StringComparison.Ordinal);

        // What is known stays.
        Assert.Contains("\"endpoints\":1", await admin.GetAsync("/api/v1/destinations"), StringComparison.Ordinal);
        await mesh.StartAgainAsync();
        await ShowsAsync(admin, mesh, """{"address":"MESH","isAvailable":true,"error":null,"retryAfterSeconds":null}""");
    }

    private static async Task ShowsAsync(AdminProcess admin, MeshStandIn mesh, string expected)
    {
        var text = string.Empty;
        await Eventually.IsTrueAsync(
            async () =>
            {
                text = Times().Replace((await admin.GetAsync("/api/v1/resolvers")).Replace($"{mesh.EndPoint}", "MESH", StringComparison.Ordinal), "\"ageSeconds\":TIME");
                return text.Contains(expected, StringComparison.Ordinal);
            },
            () => text);
    }

    [GeneratedRegex("\"ageSeconds\":[-0-9.E]+")]
    private static partial Regex Times();
}
