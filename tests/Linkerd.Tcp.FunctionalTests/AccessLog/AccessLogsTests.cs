using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Cli.AccessLog;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The access log of a process is replaced, turned off and on, while sessions end.</summary>
[Trait("Category", "AnyTransport")]
public sealed class AccessLogsTests : IAsyncLifetime
{
    private readonly Meter _meter = new("access logs test");
    private readonly TemporaryFolder _folder = new();
    private readonly AccessLogs _logs;
    private readonly TcpBackend _backend = new(Serve.EchoAsync);
    private ProxyHost _host = null!;

    public AccessLogsTests()
    {
        _logs = new AccessLogs(NullLoggerFactory.Instance, _meter, TimeProvider.System);
    }

    private IPEndPoint EndPoint => (IPEndPoint)_host.LocalEndPoints[0];

    public async ValueTask InitializeAsync()
    {
        var configuration = new ProxyConfiguration { Routers = [new RouterConfiguration { Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse(_backend.Name) }] }] };
        _host = new ProxyHost(configuration, KnownKinds.Table, observer: _logs);
        _logs.Watch(() => _host.Sessions);
        await _host.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _logs.Dispose();
        await _backend.DisposeAsync();
        _meter.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Use_AnotherFileUnderLoad_EachSessionHasOneRecord()
    {
        _logs.Use(_logs.Open(new AccessLogConfiguration { Path = _folder.File("0") }));
        await using var load = new ClosedLoad(EndPoint, clients: 4, static (_, client) => TalkAsync(client));
        for (var i = 1; i <= 20; i++)
        {
            await load.WaitForAsync(20);
            _logs.Use(_logs.Open(new AccessLogConfiguration { Path = _folder.File($"{i % 5}"), Format = (AccessLogFormat)(i / 5 % 2) }));
        }

        await load.StopAsync();
        await Eventually.IsTrueAsync(() => _host.ActiveSessions == 0, () => $"{_host.ActiveSessions} sessions are open");
        Assert.Empty(load.Failed);
        string[] lines = [];
        await Eventually.IsTrueAsync(
            () => (lines = [.. Directory.GetFiles(_folder.Path).SelectMany(File.ReadAllLines)]).Length == load.Ended.Count, () => $"{lines.Length} lines of {load.Ended.Count} sessions");
        Assert.Equal(5, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public async Task Use_OffAndOn_SessionThatRunsEndsInTheNewLog()
    {
        Assert.False(_logs.TryReopen());
        using var first = await ClientSocket.ConnectAsync(EndPoint);
        await first.EchoAsync("hello");
        _logs.Use(_logs.Open(new AccessLogConfiguration { Path = _folder.File("a") }));
        Assert.True(_logs.TryReopen());
        using var second = await ClientSocket.ConnectAsync(EndPoint);
        await second.EchoAsync("hello");
        _logs.Use(_logs.Open(new AccessLogConfiguration { Path = _folder.File("b") }));
        await EndAsync(first);
        await EndAsync(second);
        await Eventually.IsTrueAsync(() => File.ReadAllLines(_folder.File("b")).Length == 2, () => "two lines were expected");
        _logs.Use(null);
        using (var third = await ClientSocket.ConnectAsync(EndPoint))
        {
            await TalkAsync(third);
        }

        await Eventually.IsTrueAsync(() => _host.ActiveSessions == 0, () => $"{_host.ActiveSessions} sessions are open");
        _logs.Use(_logs.Open(new AccessLogConfiguration { Path = "/dev/null", OnStart = true }));
        Assert.True(_logs.ObservesStarts);
        Assert.Equal((0, 2), (File.ReadAllLines(_folder.File("a")).Length, File.ReadAllLines(_folder.File("b")).Length));
    }

    [Fact]
    public async Task Use_SameFile_OtherOptionsHoldAtOnceAndTheWriterStays()
    {
        var log = _logs.Open(new AccessLogConfiguration { Path = _folder.File("a"), OnlyAbnormal = true });
        _logs.Use(log);
        using (var quiet = await ClientSocket.ConnectAsync(EndPoint))
        {
            await TalkAsync(quiet);
        }

        await Eventually.IsTrueAsync(() => _host.ActiveSessions == 0, () => $"{_host.ActiveSessions} sessions are open");
        var next = _logs.Open(new AccessLogConfiguration { Path = _folder.File("a"), Format = AccessLogFormat.Json, Interval = TimeSpan.FromMilliseconds(50) });
        Assert.Same(log!.Writer, next!.Writer);
        _logs.Discard(next);
        _logs.Use(next);
        using var session = await ClientSocket.ConnectAsync(EndPoint);
        await session.EchoAsync("hello");
        await Eventually.IsTrueAsync(() => File.ReadAllText(_folder.File("a")).StartsWith("{\"time", StringComparison.Ordinal), () => File.ReadAllText(_folder.File("a")));
    }

    private static async Task TalkAsync(Socket client)
    {
        await client.EchoAsync("hello");
        await EndAsync(client);
    }

    private static async Task EndAsync(Socket client)
    {
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(string.Empty, await client.ReceiveTextToEndAsync().InTimeAsync());
    }
}
