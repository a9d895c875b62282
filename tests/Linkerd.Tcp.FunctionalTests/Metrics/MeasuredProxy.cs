using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests.Metrics;

/// <summary>The executable, configured by a file, with its admin server.</summary>
internal sealed partial class MeasuredProxy : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private MeasuredProxy(IEnumerable<string> endpoints, string client)
    {
        File.WriteAllText(
            _folder.File("proxy.yml"),
            $"""
            admin: {Braces("port: 0")}
            metrics: {Braces("maxEndpoints: 10000")}
            routers:
            - label: web
              interpreter:
                kind: io.l5d.static
                addrs: [{string.Join(", ", endpoints.Select(static endpoint => $"'{endpoint}'"))}]
              servers:
              - {Braces("port: 0, dstName: /svc/web")}
              client: {Braces(client)}
            """);

        // As the native executable has it.
        Process = new ChildProcess(Executable.FileName, ["--config", _folder.File("proxy.yml")], new Dictionary<string, string?> { ["LINKERD_TCP_LOG"] = "info", ["DOTNET_GCgen0size"] = "800000" });
    }

    public ChildProcess Process { get; }

    /// <summary>The address for clients.</summary>
    public IPEndPoint EndPoint { get; private set; } = null!;

    /// <summary>The address of the metrics.</summary>
    public IPEndPoint Admin { get; private set; } = null!;

    public HttpClient Client { get; } = new();

    public static Task<MeasuredProxy> StartAsync(params IEnumerable<string> endpoints) => StartWithAsync("kind: io.l5d.global", endpoints);

    /// <summary>Starts it, and waits until it serves.</summary>
    /// <param name="client">The keys of its client.</param>
    /// <param name="endpoints">The addresses of its endpoints.</param>
    public static async Task<MeasuredProxy> StartWithAsync(string client, params IEnumerable<string> endpoints)
    {
        var proxy = new MeasuredProxy(endpoints, client);
        try
        {
            proxy.Admin = await proxy.FindAsync(AdminLine());
            proxy.EndPoint = await proxy.FindAsync(ListeningLine());
            proxy.Client.BaseAddress = new Uri($"http://{proxy.Admin}");
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>Scrapes once.</summary>
    public Task<string> ReadAsync() => Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);

    /// <summary>Scrapes once, for the value of a series.</summary>
    /// <param name="series">The beginning of its line.</param>
    public async Task<double> ReadAsync(string series)
    {
        var line = (await ReadAsync()).Split('\n').Single(line => line.StartsWith(series, StringComparison.Ordinal));
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Process.DisposeAsync();
        _folder.Dispose();
    }

    private static string Braces(string keys) => $"{{ {keys} }}";

    private async Task<IPEndPoint> FindAsync(Regex pattern)
    {
        var line = await Process.Error.WaitForAsync(pattern.IsMatch, TestContext.Current.CancellationToken);
        return IPEndPoint.Parse(pattern.Match(line).Groups[1].Value);
    }

    [GeneratedRegex(@"the admin server listens on http://(\S+)")]
    private static partial Regex AdminLine();

    [GeneratedRegex(@"\] listening on ([^\s,]+)")]
    private static partial Regex ListeningLine();
}
