using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests.Metrics;

/// <summary>A real Prometheus with the files of deploy/ scrapes the executable.</summary>
[Trait("Category", "AnyTransport")]
public sealed class PrometheusTests
{
    // What has no data without TLS, checks, or anything that is refused.
    private static readonly string[] MayBeEmpty = ["tls_", "certificate_", "refused_total", "handshake"];

    [Fact]
    public async Task Rules_Promtool_FindsNothing()
    {
        await using var check = await ChildProcess.RunAsync(Require.Program("promtool"), ["check", "rules", Golden("linkerd-tcp.rules.yml")], TestContext.Current.CancellationToken);

        Assert.True(await check.WaitForExitAsync(TestContext.Current.CancellationToken) == 0, check.Output.Text + check.Error.Text);
    }

    [Fact]
    public async Task Alert_EndpointThatRefuses_FiresAndClearsAndTheDashboardHasData()
    {
        var program = Require.Program("prometheus");
        using var good = Listen(new IPEndPoint(IPAddress.Loopback, 0));
        var bad = FreePort.NextEndPoint();
        await using var proxy = await MeasuredProxy.StartWithAsync("kind: io.l5d.global, failFast: { maxConsecutiveFailures: 2, failurePenaltySecs: 1 }", $"{good.LocalEndPoint}", $"{bad}");
        using var folder = new TemporaryFolder();
        var rules = await File.ReadAllTextAsync(Golden("linkerd-tcp.rules.yml"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("linkerd-tcp.rules.yml"), rules.Replace("for: 1m", "for: 0s", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var configuration = await File.ReadAllTextAsync(Golden("prometheus.yml"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            folder.File("prometheus.yml"),
            configuration.Replace("15s", "250ms", StringComparison.Ordinal).Replace("127.0.0.1:9990", proxy.Admin.ToString(), StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        var address = FreePort.NextEndPoint();
        await using var prometheus = new ChildProcess(
            program,
            [$"--config.file={folder.File("prometheus.yml")}", $"--storage.tsdb.path={folder.File("data")}", $"--web.listen-address={address}"]);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{address}/api/v1/") };
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var traffic = Task.Run(() => DriveAsync(proxy.EndPoint, stopping.Token), CancellationToken.None);
        var accepting = Task.Run(() => AcceptAsync(good, stopping.Token), CancellationToken.None);

        await Eventually.IsTrueAsync(() => IsReadyAsync(client), () => $"Prometheus is not ready; {prometheus.Error.Text}");
        await Eventually.IsTrueAsync(async () => await IsFiringAsync(client, bad), () => $"no alert; {prometheus.Error.Text}");
        foreach (var query in Queries())
        {
            var isFilled = MayBeEmpty.Any(query.Contains);
            await Eventually.IsTrueAsync(async () => await CountAsync(client, query) > 0 || isFilled, () => $"no data: {query}");
        }

        await IsCleanAsync(await proxy.ReadAsync(), folder);

        using var back = Listen(bad);
        var acceptingBack = Task.Run(() => AcceptAsync(back, stopping.Token), CancellationToken.None);
        await Eventually.IsTrueAsync(async () => !await IsFiringAsync(client, bad), static () => "the alert has not cleared");

        await stopping.CancelAsync();
        await Task.WhenAll(traffic, accepting, acceptingBack);
    }

    private static async Task IsCleanAsync(string metrics, TemporaryFolder folder)
    {
        await File.WriteAllTextAsync(folder.File("metrics"), metrics, TestContext.Current.CancellationToken);
        await using var check = await ChildProcess.RunAsync("sh", ["-c", $"{Require.Program("promtool")} check metrics < {folder.File("metrics")}"], TestContext.Current.CancellationToken);
        Assert.True(await check.WaitForExitAsync(TestContext.Current.CancellationToken) == 0, check.Output.Text + check.Error.Text);
        Assert.Empty(check.Error.Text + check.Output.Text);
    }

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);

    private static IEnumerable<string> Queries()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllBytes(Golden("grafana-dashboard.json")));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
            .Select(static target => target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "20s", StringComparison.Ordinal))];
    }

    /// <summary>Returns the number of series of an answer. Fails on an error.</summary>
    private static async Task<int> CountAsync(HttpClient client, string query)
    {
        using var response = await client.GetAsync(new Uri("query?query=" + Uri.EscapeDataString(query), UriKind.Relative), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{query}: {text}");
        using var answer = JsonDocument.Parse(text);
        return answer.RootElement.GetProperty("data").GetProperty("result").GetArrayLength();
    }

    // It answers queries only after it has read its storage (https://prometheus.io/docs/prometheus/latest/management_api/).
    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var response = await client.GetAsync(new Uri("/-/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<bool> IsFiringAsync(HttpClient client, IPEndPoint endpoint) =>
        await CountAsync(client, $$"""ALERTS{alertname="LinkerdTcpEndpointEjected",alertstate="firing",endpoint="{{endpoint}}"}""") > 0;

    private static Socket Listen(IPEndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(address);
        socket.Listen(512);
        return socket;
    }

    private static async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptAsync(cancellationToken);
                await socket.SendAsync(new byte[1], cancellationToken);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private static async Task DriveAsync(EndPoint proxy, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(proxy, cancellationToken);
                await socket.ReceiveAsync(new byte[8], cancellationToken);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            return;
        }
    }
}
