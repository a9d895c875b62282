using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The real executable reloads its configuration file: SIGHUP, the watch of the file, and the admin server.</summary>
[Trait("Category", "AnyTransport")]
public sealed class ConfigurationReloadTests : IAsyncLifetime
{
    private readonly TcpBackend _web = new(Serve.Say("web"));
    private readonly TcpBackend _db = new(Serve.Say("db"));
    private readonly TcpBackend _echo = new(Serve.EchoAsync);
    private readonly FileProxy _proxy = new();
    private readonly int _port = FreePort.Next();
    private readonly int _other = FreePort.Next();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IPEndPoint EndPoint => new(IPAddress.Loopback, _port);

    private IPEndPoint Other => new(IPAddress.Loopback, _other);

    public ValueTask InitializeAsync()
    {
        Require.Linux();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _web.DisposeAsync();
        await _db.DisposeAsync();
        await _echo.DisposeAsync();
    }

    [Fact]
    public async Task HangUp_GoodFile_IsInForce()
    {
        await _proxy.StartAsync(Text(_web));
        Assert.Equal("web", await ClientSocket.AskAsync(EndPoint));
        Assert.False(ClientSocket.CanConnect(Other));
        var started = FileProxy.Value(await _proxy.GetAsync("/metrics"), "linkerd_tcp_config_last_reload_time_seconds");
        Assert.True(await _proxy.ReloadAsync(Text(_db) + $"  - port: {_other}\n    dstName: {_db.Name}\n"), _proxy.Process.Error.Text);
        Assert.Equal(["db", "db"], await Task.WhenAll(ClientSocket.AskAsync(EndPoint), ClientSocket.AskAsync(Other)));
        await LoggedAsync($"the configuration was reloaded (SIGHUP); changed: routers[default].servers[{EndPoint}].dstName, routers[default].servers[{Other}]");
        var metrics = await _proxy.GetAsync("/metrics");
        Assert.Equal(1, FileProxy.Value(metrics, "linkerd_tcp_config_last_reload_success"));
        Assert.True(FileProxy.Value(metrics, "linkerd_tcp_config_last_reload_time_seconds") > started);
        Assert.Contains($"port: {_other}", await _proxy.GetAsync("/config"), StringComparison.Ordinal);
        Assert.True(await _proxy.ReloadAsync(Text(_db)), _proxy.Process.Error.Text);
        Assert.False(ClientSocket.CanConnect(Other));
        Assert.True(await _proxy.ReloadAsync(Text(_db)), _proxy.Process.Error.Text);
        await LoggedAsync("the configuration was reloaded (SIGHUP); it is in force already, and nothing has changed");
    }

    [Fact]
    public async Task HangUp_BadFile_ChangesNothingAndSaysWhy()
    {
        await _proxy.StartAsync(Text(_web));
        var shown = await _proxy.GetAsync("/config");
        Assert.False(await _proxy.ReloadAsync(Text(_db) + "    prot: 1\n  - port: 0x\n"));
        await LoggedAsync("the configuration was not reloaded (SIGHUP), and nothing has changed; ");
        await LoggedAsync($"{_proxy.File}:7:5: routers[0].servers[0].prot: unknown key; did you mean port?");
        Assert.Equal(0, FileProxy.Value(await _proxy.GetAsync("/metrics"), "linkerd_tcp_config_last_reload_success"));
        Assert.Equal("web", await ClientSocket.AskAsync(EndPoint));
        Assert.Equal(shown, await _proxy.GetAsync("/config"));

        // Only the system knows that an address is in use.
        using var occupied = new TcpListener(IPAddress.Loopback, 0);
        occupied.Start();
        Assert.False(await _proxy.ReloadAsync(Text(_db) + $"  - port: {((IPEndPoint)occupied.LocalEndpoint).Port}\n    dstName: {_db.Name}\n"));
        await LoggedAsync($"{occupied.LocalEndpoint}");
        Assert.Equal("web", await ClientSocket.AskAsync(EndPoint));
        var (status, answer) = await _proxy.PostReloadAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains($"{occupied.LocalEndpoint}", answer.GetProperty("problems")[0].GetString(), StringComparison.Ordinal);
        Assert.True(await _proxy.ReloadAsync(Text(_db)), _proxy.Process.Error.Text);
        Assert.Equal("db", await ClientSocket.AskAsync(EndPoint));
        Assert.Equal(1, FileProxy.Value(await _proxy.GetAsync("/metrics"), "linkerd_tcp_config_last_reload_success"));
    }

    [Fact]
    public async Task HangUp_AccessLog_GoesOnOffAndElsewhereAndOneThatCannotBeOpenedChangesNothing()
    {
        await _proxy.StartAsync(Text(_echo));
        using var session = await ClientSocket.ConnectAsync(EndPoint);
        await session.EchoAsync("hello");
        var (first, second) = (_proxy.Beside("first.log"), _proxy.Beside("second.log"));
        Assert.True(await _proxy.ReloadAsync(Text(_echo) + $"accessLog: {{path: {first}}}\n"), _proxy.Process.Error.Text);
        await EchoOnceAsync();
        await HasLinesAsync(first, 1);
        Assert.False(await _proxy.ReloadAsync(Text(_web) + "accessLog: {path: /nonexistent/access.log}\n"));
        await LoggedAsync($"{_proxy.File}:7:13: accessLog.path: a file that can be written was expected, not '/nonexistent/access.log' (");
        await EchoOnceAsync();
        await HasLinesAsync(first, 2);
        Assert.True(await _proxy.ReloadAsync(Text(_echo) + $"accessLog: {{path: {second}, format: json}}\n"), _proxy.Process.Error.Text);

        // One that runs ends in the new log.
        session.Shutdown(SocketShutdown.Send);
        Assert.Equal(string.Empty, await session.ReceiveTextToEndAsync().InTimeAsync());
        await HasLinesAsync(second, 1);
        using (var record = JsonDocument.Parse(File.ReadAllText(second)))
        {
            Assert.Equal("end", record.RootElement.GetProperty("event").GetString());
        }

        File.Move(second, second + ".1");
        _proxy.Process.Send(Signal.User1);
        await Eventually.IsTrueAsync(() => File.Exists(second), static () => "it was not opened again");
        Assert.True(await _proxy.ReloadAsync(Text(_echo)), _proxy.Process.Error.Text);
        await EchoOnceAsync();
        _proxy.Process.Send(Signal.User1);
        await LoggedAsync("SIGUSR1 means nothing here, and is ignored");
        Assert.Equal((2, 0), (File.ReadAllLines(first).Length, File.ReadAllLines(second).Length));
    }

    [Fact]
    public async Task Reload_OptionsThatCannotChange_AreSaidEachTime()
    {
        await _proxy.StartAsync(Text(_web) + "loops: 1\n");
        var text = Text(_web).Replace($"port: {_proxy.AdminPort}", $"port: {FreePort.Next()}", StringComparison.Ordinal) + "loops: 2\ntlsProvider: dotnet\nstatsIntervalSecs: 5\n";
        Assert.True(await _proxy.ReloadAsync(text + "metrics: {maxEndpoints: 7}\n"), _proxy.Process.Error.Text);
        await LoggedAsync("the configuration was reloaded (SIGHUP); changed: metrics.maxEndpoints");
        Assert.True(await _proxy.ReloadAsync(text + "metrics: {maxEndpoints: 7}\n"), _proxy.Process.Error.Text);
        await LoggedAsync("the configuration was reloaded (SIGHUP); nothing has changed, and loops, tlsProvider, admin.port, statsIntervalSecs cannot until the process is restarted");
        var (status, answer) = await _proxy.PostReloadAsync();
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""{"result":"reloaded","notApplied":["loops","tlsProvider","admin.port","statsIntervalSecs"]}""", answer.GetRawText());
        await Eventually.IsTrueAsync(() => Count("loops stays 1 until the process is restarted: it cannot become 2 while the process runs") == 3, () => _proxy.Process.Error.Text);
        await Eventually.IsTrueAsync(() => Count("tlsProvider stays auto until the process is restarted: it cannot become dotnet while the process runs") == 3, () => _proxy.Process.Error.Text);
        await Eventually.IsTrueAsync(() => Count("admin.port stays as it is until the process is restarted") == 3, () => _proxy.Process.Error.Text);
        await Eventually.IsTrueAsync(() => Count("statsIntervalSecs stays as it is until the process is restarted") == 3, () => _proxy.Process.Error.Text);
        var shown = await _proxy.GetAsync("/config");
        Assert.StartsWith("# The file has other values for these, which hold after a restart of the process: loops, tlsProvider, admin.port, statsIntervalSecs\n", shown, StringComparison.Ordinal);
        Assert.Contains("\nloops: 1\ntlsProvider: auto\n", shown, StringComparison.Ordinal);
        Assert.Contains($"port: {_proxy.AdminPort}", shown, StringComparison.Ordinal);
        Assert.Contains("maxEndpoints: 7", shown, StringComparison.Ordinal);

        // The file as it was: everything is in force.
        Assert.True(await _proxy.ReloadAsync(Text(_web) + "loops: 1\nmetrics: {maxEndpoints: 7}\n"), _proxy.Process.Error.Text);
        await LoggedAsync("it is in force already, and nothing has changed");
        Assert.DoesNotContain("# The file has other", await _proxy.GetAsync("/config"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HangUp_AddressGoesToAnotherRouter_NoConnectionIsRefused()
    {
        await _proxy.StartAsync(Text(_echo));
        using var session = await ClientSocket.ConnectAsync(EndPoint);
        await session.EchoAsync("before");
        await using var load = new ClosedLoad(EndPoint, clients: 4, static async (_, client) =>
        {
            await client.EchoAsync("hello");
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(string.Empty, await client.ReceiveTextToEndAsync().InTimeAsync());
        });
        for (var i = 0; i < 10; i++)
        {
            Assert.True(await _proxy.ReloadAsync(Text(_echo).Replace("servers:", $"label: router-{i}\n  servers:", StringComparison.Ordinal)), _proxy.Process.Error.Text);
            await load.WaitForAsync(20);
        }

        await load.StopAsync();
        Assert.Empty(load.Failed);
        await session.EchoAsync("after");
        Assert.Contains("\"label\":\"router-9\"", await _proxy.GetAsync("/api/v1/routers"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rename")]
    [InlineData("in place")]
    [InlineData("symbolic link")]
    public async Task Watch_FileChanges_GoodAndBadByTurns(string way)
    {
        var revision = 0;
        if (way == "symbolic link")
        {
            // As the volume of a ConfigMap: the file is a link into a link to a folder, which another one replaces.
            await PublishAsync(Text(_web));
            File.CreateSymbolicLink(_proxy.File, Path.Combine("..data", "proxy.yml"));
            await _proxy.StartWithFileAsync("--watch-config");
        }
        else
        {
            await _proxy.StartAsync(Text(_web), "--watch-config");
        }

        Assert.True(await ChangeAsync(Text(_db)));
        Assert.Equal("db", await ClientSocket.AskAsync(EndPoint));
        Assert.False(await ChangeAsync("routers: 7\n"));
        await LoggedAsync("the configuration was not reloaded (the file has changed), and nothing has changed; ");
        Assert.Equal("db", await ClientSocket.AskAsync(EndPoint));
        Assert.True(await ChangeAsync(Text(_web)));
        Assert.Equal("web", await ClientSocket.AskAsync(EndPoint));

        async Task<bool> ChangeAsync(string text)
        {
            var before = await _proxy.ReloadsAsync();
            switch (way)
            {
                case "rename":
                    _proxy.Replace(text);
                    break;
                case "in place":
                    _proxy.Write(text);
                    break;
                default:
                    await PublishAsync(text);
                    break;
            }

            return await _proxy.ReloadedAsync(before);
        }

        async Task PublishAsync(string text)
        {
            var folder = Directory.CreateDirectory(_proxy.Beside($"..revision-{++revision}"));
            File.WriteAllText(Path.Combine(folder.FullName, "proxy.yml"), text);
            File.CreateSymbolicLink(_proxy.Beside("..data_tmp"), folder.Name);
            await using var move = await ChildProcess.RunAsync("mv", ["-T", _proxy.Beside("..data_tmp"), _proxy.Beside("..data")], Stop);
            Assert.Equal(0, await move.WaitForExitAsync(Stop));
        }
    }

    [Fact]
    public async Task HangUp_ClientCertificateOfNamerdRotated_IsUsedAtOnceAndABadOneIsNot()
    {
        using var authority = new TestAuthority("the root");
        using var server = authority.Issue("127.0.0.1");
        using var first = authority.Issue("first.example");
        using var second = authority.Issue("second.example");
        var (certificate, key) = (_proxy.Beside("namerd.pem"), _proxy.Beside("namerd.key"));
        var shown = new ConcurrentQueue<string>();
        await using var namerd = await NamerdStandIn.StartAsync(new NamerdStandInOptions
        {
            Certificate = server,
            ClientCertificate = peer =>
            {
                shown.Enqueue(peer.Subject);
                return true;
            },
        });
        namerd.Set("/svc/web", NameState.Bound.Of(StandInAddress.Of(_web.EndPoint)));
        namerd.Set("/svc/db", NameState.Bound.Of(StandInAddress.Of(_db.EndPoint)));
        Copy(authority.Write(first));
        var text = _proxy.Admin + $"""
            routers:
            - interpreter:
                kind: io.l5d.namerd.http
                baseUrl: {namerd.BaseAddress}
                tls: TLS
              servers:
              - port: {_port}
                dstName: /svc/web

            """.Replace("TLS", $"{{trustCerts: {authority.RootFile}, cert: {certificate}, privateKey: {key}}}", StringComparison.Ordinal);
        await _proxy.StartAsync(text);
        Assert.Equal("web", await ClientSocket.AskAsync(EndPoint));
        Assert.Equal(["CN=first.example"], shown.Distinct());

        // The watch that is open goes on; the next connection has the new certificate.
        Copy(authority.Write(second));
        Assert.True(await _proxy.ReloadAsync(text), _proxy.Process.Error.Text);
        await LoggedAsync("all certificates were read again (SIGHUP); new handshakes use them");
        shown.Clear();
        await namerd.StopAsync();
        await namerd.StartAgainAsync();
        await Eventually.IsTrueAsync(() => !shown.IsEmpty, static () => "no connection was made again");
        Assert.Equal(["CN=second.example"], shown.Distinct());
        Assert.True(await _proxy.ReloadAsync(text + $"  - port: {_other}\n    dstName: /svc/db\n"), _proxy.Process.Error.Text);
        Assert.Equal("db", await ClientSocket.AskAsync(Other));

        File.WriteAllText(certificate, "nothing");
        Assert.False(await _proxy.ReloadAsync(text));
        await LoggedAsync("that those before them stay in use: ");
        Assert.Contains(_proxy.Process.Error.Lines, line => line.Contains("(SIGHUP)", StringComparison.Ordinal) && line.Contains(certificate, StringComparison.Ordinal));
        shown.Clear();
        await namerd.StopAsync();
        await namerd.StartAgainAsync();
        await Eventually.IsTrueAsync(() => !shown.IsEmpty, static () => "no connection was made again");
        Assert.Equal(["CN=second.example"], shown.Distinct());
        Assert.Equal("web", await ClientSocket.AskAsync(EndPoint));

        void Copy((string Certificate, string Key) files)
        {
            File.Copy(files.Certificate, certificate, overwrite: true);
            File.Copy(files.Key, key, overwrite: true);
        }
    }

    private string Text(TcpBackend backend) => _proxy.Admin + $"routers:\n- servers:\n  - port: {_port}\n    dstName: {backend.Name}\n";

    private Task<string> LoggedAsync(string words) => _proxy.Process.Error.WaitForAsync(line => line.Contains(words, StringComparison.Ordinal), Stop);

    private int Count(string words) => _proxy.Process.Error.Lines.Count(line => line.Contains(words, StringComparison.Ordinal));

    private async Task EchoOnceAsync()
    {
        using var client = await ClientSocket.ConnectAsync(EndPoint);
        await client.EchoAsync("hello");
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(string.Empty, await client.ReceiveTextToEndAsync().InTimeAsync());
    }

    private static Task HasLinesAsync(string file, int count) => Eventually.IsTrueAsync(() => File.Exists(file) && File.ReadAllLines(file).Length == count, () => $"{count} lines were expected in {file}");
}
