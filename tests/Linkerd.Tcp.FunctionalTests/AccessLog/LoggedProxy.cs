using System.Diagnostics.Metrics;
using System.Net;
using System.Text.RegularExpressions;
using Linkerd.Tcp.Cli.AccessLog;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A proxy in this process with an access log in a file, in front of one target.</summary>
internal sealed partial class LoggedProxy : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Meter _meter = new("test");
    private AccessLogs? _log;

    private LoggedProxy()
    {
    }

    public ProxyHost Host { get; private set; } = null!;

    public IPEndPoint EndPoint => (IPEndPoint)Host.LocalEndPoints[0];

    public string File => _folder.File("access.log");

    public static async Task<LoggedProxy> StartAsync(string target, Action<AccessLogConfiguration> log, Action<ServerConfiguration>? server = null, Action<ClientSettings>? client = null)
    {
        var proxy = new LoggedProxy();
        var servers = new ServerConfiguration { Port = 0, DstName = NameTree.Parse(target) };
        server?.Invoke(servers);
        var router = new RouterConfiguration { Servers = [servers] };
        client?.Invoke(router.Client.Global);
        var configuration = new ProxyConfiguration { Routers = [router], AccessLog = new AccessLogConfiguration { Path = proxy.File } };
        log(configuration.AccessLog);
        proxy._log = new AccessLogs(NullLoggerFactory.Instance, proxy._meter, TimeProvider.System);
        proxy._log.Use(proxy._log.Open(configuration.AccessLog));
        proxy.Host = new ProxyHost(configuration, KnownKinds.Table, observer: proxy._log);
        await proxy.Host.StartAsync(TestContext.Current.CancellationToken);
        proxy._log.Watch(() => proxy.Host.Sessions);
        return proxy;
    }

    /// <summary>Waits for so many lines.</summary>
    public async Task<string[]> LinesAsync(int count)
    {
        string[] lines = [];
        await Eventually.IsTrueAsync(() => (lines = System.IO.File.ReadAllLines(File)).Length >= count, () => $"{lines.Length} lines of {count}: {string.Join('\n', lines)}");
        Assert.Equal(count, lines.Length);
        return lines;
    }

    /// <summary>Ends all of it.</summary>
    /// <returns>The lines.</returns>
    public async Task<string[]> StopAsync()
    {
        await Host.DisposeAsync();
        _log?.Dispose();
        _log = null;
        return System.IO.File.ReadAllLines(File);
    }

    /// <summary>A line with words in place of what differs from run to run: addresses, times, numbers of sessions.</summary>
    public static string Normalize(string line, IPEndPoint listener, IPEndPoint backend)
    {
        line = line.Replace(listener.ToString(), "LISTENER", StringComparison.Ordinal);
        line = line.Replace(ProxyProcess.InetName(backend), "NAME", StringComparison.Ordinal).Replace(backend.ToString(), "SERVER", StringComparison.Ordinal);
        line = Client().Replace(line, "CLIENT");
        line = Date().Replace(line, "TIME");
        line = Milliseconds().Replace(line, "$1T");
        line = Id().Replace(line, "$1N");
        return Times().Replace(line, static match => string.Join('/', match.Value.Split('/').Select(static time => time.TrimStart('+') == "-1" ? "-1" : time.StartsWith('+') ? "+T" : "T")));
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _log?.Dispose();
        _meter.Dispose();
        _folder.Dispose();
    }

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Client();

    [GeneratedRegex(@"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")]
    private static partial Regex Date();

    [GeneratedRegex("""(Ms=|Ms":)\d+(\.\d+)?""")]
    private static partial Regex Milliseconds();

    [GeneratedRegex("""( id=|"id":)\d+""")]
    private static partial Regex Id();

    [GeneratedRegex(@"(?<= )-?\d+/-?\d+/\+?\d+(?= )")]
    private static partial Regex Times();
}
