using System.Net;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The probes from the start to the end of the executable, in front of a namerd that answers late.</summary>
[Trait("Category", "AnyTransport")]
public sealed class AdminReadyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("bind")]
    [InlineData("poll")]
    public async Task Ready_FromStartToEnd_IsTrueBetweenTheFirstAnswerAndTheDrain(string mode)
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", new NameState.Pending());
        var port = FreePort.Next();
        var file = _folder.File("late.yml");
        await File.WriteAllTextAsync(
            file,
            $$"""
            admin: {port: 0, readyWhenResolved: true}
            routers:
            - interpreter: {kind: io.l5d.namerd.http, baseUrl: '{{namerd.BaseAddress}}', mode: {{mode}}, periodSecs: 1}
              servers: [{port: {{port}}, dstName: /svc/web}]
            """,
            TestContext.Current.CancellationToken);
        await using var admin = await ConfiguredAdmin.StartAsync(file);

        // The listeners are bound at any moment from here on.
        var (status, text) = await ProbeAsync(admin, "/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.True(text.Contains("Listeners are being bound.", StringComparison.Ordinal) || text.Contains("Names were not resolved yet: /svc/web.", StringComparison.Ordinal), text);
        await IsLiveAsync(admin);
        await admin.Process.Error.WaitForAsync(line => line.Contains($"] listening on 127.0.0.1:{port} ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(async () => (text = (await ProbeAsync(admin, "/ready")).Text).Contains("Names were not resolved yet: /svc/web.", StringComparison.Ordinal), () => text);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ProbeAsync(admin, "/ready")).Status);
        await IsLiveAsync(admin);

        namerd.Set("/svc/web", NameState.Bound.Of([StandInAddress.Of(backend.EndPoint, null)]));
        await Eventually.IsTrueAsync(async () => await ProbeAsync(admin, "/ready") == (HttpStatusCode.OK, "ready\n"), () => admin.Process.Error.Text);
        await IsLiveAsync(admin);
        using var session = await ClientSocket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await session.EchoAsync("before");

        admin.Process.Send(Signal.Terminate);
        await admin.Process.Error.WaitForAsync(static line => line.Contains("stopping: 1 sessions", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        (status, text) = await ProbeAsync(admin, "/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("The process is stopping.", text, StringComparison.Ordinal);
        await IsLiveAsync(admin);
        await session.EchoAsync("after");
        session.Dispose();
        Assert.Equal(0, await admin.Process.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<(HttpStatusCode Status, string Text)> ProbeAsync(ConfiguredAdmin admin, string path)
    {
        var (status, text, _) = await admin.AskAsync(HttpMethod.Get, path, null, null);
        return (status, text);
    }

    private static async Task IsLiveAsync(ConfiguredAdmin admin) => Assert.Equal((HttpStatusCode.OK, "live\n"), await ProbeAsync(admin, "/live"));
}
