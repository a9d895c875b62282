using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The executable and a control plane that it asks over gRPC.</summary>
[Trait("Category", "AnyTransport")]
public sealed class MeshTests : IAsyncLifetime
{
    private readonly TcpBackend _first = new(Serve.Say("first"));
    private readonly TcpBackend _second = new(Serve.Say("second"));
    private NamerdStandIn _namerd = null!;
    private MeshStandIn _mesh = null!;

    public async ValueTask InitializeAsync()
    {
        _namerd = await NamerdStandIn.StartAsync();
        _mesh = await MeshStandIn.StartAsync(_namerd);
        Set(_first);
    }

    public async ValueTask DisposeAsync()
    {
        await _mesh.DisposeAsync();
        await _namerd.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task Set_ThatChanges_MovesNewSessionsAndKeepsTheOld()
    {
        await using var echo = new TcpBackend(Serve.EchoAsync);
        Set(echo);
        await using var proxy = await StartAsync();
        using var held = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await held.EchoAsync("over the mesh");
        Set(_second);
        await proxy.Error.WaitForAsync(line => line.Contains("(1 added, 1 removed", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal("second", await ClientSocket.AskAsync(proxy.EndPoint));
        await held.EchoAsync("still the same session");
        Assert.Equal(0, _namerd.RequestCount);
    }

    [Fact]
    public async Task Split_OfADtab_SharesTheSessions()
    {
        _namerd.Set("default", "/svc/web", null);
        _namerd.SetDtab("default", "/svc/web => 3 * /#/io.l5d.fs/first & 1 * /#/io.l5d.fs/second");
        _namerd.SetFile("first", $"127.0.0.1 {_first.EndPoint.Port}\n");
        _namerd.SetFile("second", $"127.0.0.1 {_second.EndPoint.Port}\n");
        await using var proxy = await StartAsync();
        for (var i = 0; i < 200; i++)
        {
            await ClientSocket.AskAsync(proxy.EndPoint);
        }

        Assert.InRange(_second.Accepted, 25, 80);
    }

    [Fact]
    public async Task Namerd_KilledAndStartedAgainUnderLoad_NoSessionFailsAndTheNewSetIsTaken()
    {
        await using var proxy = await StartAsync();
        await using var load = new SteadyLoad(proxy.EndPoint, clients: 2);
        await load.WaitForAsync(20);
        await _mesh.StopAsync();
        await proxy.Error.WaitForAsync(line => line.Contains("; keeping what is known of ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Set(_second);
        await load.WaitForAsync(50);
        Assert.Null(load.FirstAnswer("second"));
        await _mesh.StartAgainAsync();
        await Eventually.IsTrueAsync(() => load.FirstAnswer("second") is not null, () => proxy.Error.Text);
        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task Namerd_OneOfTwoKilledUnderLoad_TheOtherIsAsked()
    {
        await using var other = await MeshStandIn.StartAsync(_namerd);
        await using var proxy = await Executable.StartAsync("/svc/web", "-n", $"{_mesh.Address},{other.Address}");
        await using var load = new SteadyLoad(proxy.EndPoint, clients: 2);
        await load.WaitForAsync(20);
        var (used, free) = _mesh.OpenStreams > 0 ? (_mesh, other) : (other, _mesh);
        await used.StopAsync();
        await free.WaitForStreamsAsync(2, TestContext.Current.CancellationToken);
        Set(_second);
        await Eventually.IsTrueAsync(() => load.FirstAnswer("second") is not null, () => proxy.Error.Text);
        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task Start_NamerdIsDown_WarnsAndServesWhenItAppears()
    {
        await _mesh.StopAsync();
        await using var proxy = await StartAsync();
        using var early = await ClientSocket.ConnectAsync(proxy.EndPoint);
        var answer = early.ReceiveTextToEndAsync();
        await proxy.Error.WaitForAsync(
            line => line.Contains($"namerd at {_mesh.EndPoint} refused the connection; nothing is known yet", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.False(answer.IsCompleted);
        await _mesh.StartAgainAsync();
        Assert.Equal("first", await answer.InTimeAsync());
    }

    private Task<ProxyProcess> StartAsync() => Executable.StartAsync("/svc/web", "-n", _mesh.Address.ToString());

    private void Set(TcpBackend server) => _namerd.Set("/svc/web", NameState.Bound.Of(StandInAddress.Of(server.EndPoint)));
}
