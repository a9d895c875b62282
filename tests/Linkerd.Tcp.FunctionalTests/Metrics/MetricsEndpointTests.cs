using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests.Metrics;

[Collection(nameof(MetersOfThisProcess))]
[Trait("Category", "AnyTransport")]
public sealed class MetricsEndpointTests
{
    private const string OpenMetrics = "application/openmetrics-text; version=1.0.0";

    [Theory]
    [InlineData("text/plain")]
    [InlineData(OpenMetrics)]
    public async Task Get_AfterASession_HasBothPartsOnceEach(string accept)
    {
        await using var served = await ServeOneAsync();

        var lines = (await served.ReadAsync(accept)).Split('\n');

        Assert.Contains("linkerd_tcp_sessions_accepted_total{otel_scope_name=\"Linkerd.Tcp\",otel_scope_router=\"default\"} 1", lines);
        Assert.Contains("linkerd_tcp_sessions_active{otel_scope_name=\"Linkerd.Tcp\",otel_scope_router=\"default\"} 0", lines);
        Assert.Contains(lines, static line => line.StartsWith("linkerd_tcp_connect_duration_seconds_bucket{", StringComparison.Ordinal) && line.Contains("le=\"5E-05\"", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(lines, static line => line.StartsWith("linkerd_tcp_session_duration_seconds_bucket{", StringComparison.Ordinal) && line.Contains("le=\"86400", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("linkerd_tcp_endpoint_picks_total{otel_scope_name=\"Linkerd.Tcp.Endpoints\",otel_scope_router=\"default\",", StringComparison.Ordinal) && line.EndsWith("} 1", StringComparison.Ordinal));
        Assert.Contains("linkerd_tcp_build_info{otel_scope_name=\"Linkerd.Tcp.Process\",version=\"1.2.3\"} 1", lines);
        Assert.Contains(lines, static line => line.StartsWith("dotnet_gc_collections_total{", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("linkerd_tcp_loop_lag_seconds{", StringComparison.Ordinal));
        var types = lines.Where(static line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).ToList();
        Assert.Equal(types.Distinct(), types);
        Assert.Equal(accept == OpenMetrics ? 1 : 0, lines.Count(static line => line == "# EOF"));
    }

    [Fact]
    public async Task Get_Text_IsCleanForPromtool()
    {
        var promtool = Require.Program("promtool");
        await using var served = await ServeOneAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("metrics"), await served.ReadAsync(), TestContext.Current.CancellationToken);

        await using var check = await ChildProcess.RunAsync("sh", ["-c", $"{promtool} check metrics < {folder.File("metrics")}"], TestContext.Current.CancellationToken);

        Assert.True(await check.WaitForExitAsync(TestContext.Current.CancellationToken) == 0, check.Output.Text + check.Error.Text);
        Assert.Empty(check.Error.Text + check.Output.Text);
    }

    private static async Task<ServedMetrics> ServeOneAsync()
    {
        using var backend = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        backend.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        backend.Listen();
        var served = await ServedMetrics.StartAsync(backend.LocalEndPoint!.ToString()!);
        using (var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await client.ConnectAsync(served.Proxy, TestContext.Current.CancellationToken);
            using var server = await backend.AcceptAsync(TestContext.Current.CancellationToken);
        }

        await Eventually.IsTrueAsync(
            async () => (await served.ReadAsync()).Contains("linkerd_tcp_session_duration_seconds_count{otel_scope_name=\"Linkerd.Tcp\",otel_scope_router=\"default\"} 1", StringComparison.Ordinal),
            static () => "the session has not ended");
        return served;
    }
}

/// <summary>Tests that listen to the meters of this process run by themselves, as meters are found by their names.</summary>
[CollectionDefinition(nameof(MetersOfThisProcess), DisableParallelization = true)]
public sealed class MetersOfThisProcess;
