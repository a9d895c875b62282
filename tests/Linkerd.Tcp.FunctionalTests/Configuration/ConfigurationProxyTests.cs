using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The real executable, configured by a file.</summary>
public sealed class ConfigurationProxyTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TcpBackend _web = new(Serve.Say("web"));
    private readonly TcpBackend _db = new(Serve.Say("db"));

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        await _db.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Run_AFileOfTheOriginal_ProxiesAndSaysWhatHasNoEffect()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/default", NameState.Bound.Of([StandInAddress.Of(_web.EndPoint, null)]));
        var port = FreePort.Next();
        var file = await WriteAsync("original.yml",
            $"""
            admin:
              port: {FreePort.Next()}
              metricsIntervalSecs: 10
            bufferSizeBytes: 16384
            routers:
              - label: default
                servers:
                  - port: {port}
                    ip: 127.0.0.1
                    dstName: /svc/default
                    connectTimeoutMs: 30000
                    connectionLifetimeSecs: 300
                    maxConcurrency: 100000
                interpreter:
                  kind: io.l5d.namerd.http
                  baseUrl: {namerd.BaseAddress}
                  namespace: default
                  periodSecs: 20
                client:
                  kind: io.l5d.global
                  connectTimeoutMs: 400
                  maxWaiters: 1000000
                  minConnections: 0
                  failFast:
                    maxConsecutiveFailures: 5
                    failurePenaltySecs: 60
            """);

        await using var proxy = await StartAsync([file], port);
        Assert.Equal("web", await ClientSocket.AskAsync(new IPEndPoint(IPAddress.Loopback, port)));
        Assert.Contains($"warning: {file}:3:3: admin.metricsIntervalSecs: it has no effect: metrics are up to date whenever they are read", proxy.Error.Lines);
    }

    [Fact]
    public async Task Run_SeveralRouters_ProxyInOneProcess()
    {
        var (web, db, other) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        const string Other = "${OTHER_PORT}";
        var file = await WriteAsync("several.yml",
            $"""
            routers:
            - label: web
              servers:
              - port: {web}
                dstName: {_web.Name}
            - label: db
              interpreter:
                kind: io.l5d.static
                addrs: ['{_db.EndPoint}']
              servers:
              - port: {db}
                dstName: /svc/db
              - port: {Other}
                dstName: /svc/other
            """);

        await using var proxy = await StartAsync(["--config", file], other, ("OTHER_PORT", other.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal("web", await ClientSocket.AskAsync(new IPEndPoint(IPAddress.Loopback, web)));
        Assert.Equal("db", await ClientSocket.AskAsync(new IPEndPoint(IPAddress.Loopback, db)));
        Assert.Equal("db", await ClientSocket.AskAsync(new IPEndPoint(IPAddress.Loopback, other)));
        Assert.Contains(proxy.Error.Lines, line => line.Contains($"{file} has no admin, so that there is no admin server", StringComparison.Ordinal));
        Assert.DoesNotContain(proxy.Error.Lines, static line => line.StartsWith("warning:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("-c", "-")]
    [InlineData("--config=-")]
    public async Task Run_JsonOnStandardInput_Proxies(params string[] arguments)
    {
        var port = FreePort.Next();
        await using var proxy = New(arguments);
        await proxy.Input.WriteAsync(System.Text.Encoding.UTF8.GetBytes($$"""{"routers": [{"servers": [{"port": {{port}}, "dstName": "{{_web.Name}}"}]}]}"""), TestContext.Current.CancellationToken);
        proxy.Input.Close();
        await proxy.Error.WaitForAsync(line => line.Contains($"] listening on 127.0.0.1:{port} ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal("web", await ClientSocket.AskAsync(new IPEndPoint(IPAddress.Loopback, port)));
    }

    [Fact]
    public async Task Run_AFileWithErrors_EndsWith78AndSaysAll()
    {
        var file = await WriteAsync("wrong.yml", "routers:\n- servers:\n  - port: 1\n    dstname: web:80\n  - prot: 2\n");
        await EndsAsync([file], 78,
        [
            $"{file}:4:5: routers[0].servers[0].dstname: unknown key; did you mean dstName?",
            $"{file}:5:5: routers[0].servers[1].prot: unknown key; did you mean port?",
            $"{file}:5:5: routers[0].servers[1].dstName: a target, or routes beside it, was expected, not null",
        ]);
    }

    [Fact]
    public async Task Run_FilesOfCertificatesThatAreMissing_EndsWith78WithTheirPlaces()
    {
        var file = await WriteAsync("tls.yml", "routers:\n- servers:\n  - port: 1\n    dstName: web:80\n    tls:\n      defaultIdentity:\n        certs: [/no/such.pem]\n");
        string[] expected = [$"{file}:7:9: routers[0].servers[0].tls.defaultIdentity.certs: /no/such.pem: there is no such file"];
        await EndsAsync(["config", "check", file], 78, expected);
        await EndsAsync([file], 78, expected);
    }

    [Fact]
    public async Task Check_AValidFile_SaysSoAndEndsWith0()
    {
        var file = await WriteAsync("valid.yml", "admin: {metricsIntervalSecs: 1}\nrouters:\n- servers:\n  - port: 1\n    dstName: web:80\n");
        await using var process = await Executable.RunAsync("config", "check", file);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Equal($"{file} is valid", Assert.Single(process.Output.Lines));
        Assert.Contains($"warning: {file}:1:9: admin.metricsIntervalSecs: it has no effect: metrics are up to date whenever they are read", process.Error.Lines);
    }

    [Fact]
    public async Task Check_ADtabThatLeadsToNoNamer_IsAWarning()
    {
        var file = await WriteAsync("dtab.yml", "routers:\n- interpreter: {kind: default, dtab: /svc => /#/io.l5d.consul}\n  servers: [{port: 1, dstName: /svc/web}]\n");
        await using var process = await Executable.RunAsync("config", "check", file);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith($"warning: {file}:2:3: routers[0].interpreter: there is no namer /#/io.l5d.consul here", process.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ACertificateWithItsChainInSeveralFiles_IsServedAndWatched()
    {
        using var authority = new TestAuthority("root");
        using var certificate = authority.Issue("web.example.com");
        var (first, key) = authority.Write(certificate);
        var port = FreePort.Next();
        var text = $"routers:\n- servers:\n  - port: {port}\n    dstName: {_web.Name}\n    tls:\n      defaultIdentity:\n        privateKey: {key}\n        certs:\n        - {first}\n        - ";
        await using (var proxy = await StartAsync([await WriteAsync("chain.yml", text + authority.RootFile)], port))
        {
            using var client = await ClientSocket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            await using var tls = new SslStream(new NetworkStream(client), leaveInnerStreamOpen: false, (_, peer, _, _) => certificate.RawDataMemory.Span.SequenceEqual(peer!.GetRawCertData()));
            await tls.AuthenticateAsClientAsync("web.example.com");
            var answer = new byte[3];
            await tls.ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
            Assert.Equal("web"u8, answer);
        }

        var missing = await WriteAsync("missing.yml", text + "/no/such.pem");
        await EndsAsync(["config", "check", missing], 78, [$"{missing}:8:9: routers[0].servers[0].tls.defaultIdentity.certs: /no/such.pem: there is no such file"]);
    }

    [Fact]
    public async Task Check_NoFile_EndsWith78() =>
        await EndsAsync(["config", "check", _folder.File("none.yml")], 78, [$"{_folder.File("none.yml")}: it cannot be read (Could not find file '{_folder.File("none.yml")}'.)"]);

    [Theory]
    [InlineData("error: --listen-addr means nothing beside --config; expected its keys under routers[].servers[] in the file", "-l", "80")]
    [InlineData("error: --namerd-ns means nothing beside --config; expected routers[].interpreter.namespace in the file", "-N", "a")]
    [InlineData("error: --max-waiters means nothing beside --config; expected routers[].client.maxWaiters in the file", "--max-waiters", "1")]
    [InlineData("error: --fail-fast means nothing beside --config; expected its keys under routers[].client in the file", "--fail-fast", "off")]
    [InlineData("error: --tls-cert means nothing beside --config; expected routers[].servers[].tls.defaultIdentity.certs in the file", "--tls-cert", "a")]
    [InlineData("error: <TARGET> '/svc/web' means nothing beside --config; expected dstName under routers[].servers[] of the file", "/svc/web")]
    [InlineData("error: --config is given 2 times; expected at most once", "-c", "b.yml")]
    [InlineData("error: unknown option '--listen'; did you mean --listen-addr?", "--listen", "a")]
    public async Task Run_OptionsBesideAFile_AreRefusedWithTheirKeys(string expected, params string[] arguments) => await EndsAsync(["--config", "a.yml", .. arguments], 64, [expected]);

    private async Task<string> WriteAsync(string name, string text)
    {
        var file = _folder.File(name);
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        return file;
    }

    private static ChildProcess New(IEnumerable<string> arguments, params (string Name, string Value)[] variables) => new(
        Executable.FileName, arguments, new Dictionary<string, string?>(variables.Select(static variable => KeyValuePair.Create(variable.Name, (string?)variable.Value))) { ["LINKERD_TCP_LOG"] = "info" });

    // Servers begin in the order of the file.
    private static async Task<ChildProcess> StartAsync(IEnumerable<string> arguments, int lastPort, params (string Name, string Value)[] variables)
    {
        var proxy = New(arguments, variables);
        await proxy.Error.WaitForAsync(line => line.Contains($"] listening on 127.0.0.1:{lastPort} ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        return proxy;
    }

    private static async Task EndsAsync(string[] arguments, int code, string[] errors)
    {
        await using var process = await Executable.RunAsync(arguments);
        Assert.Equal(code, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Empty(process.Output.Text);
        Assert.Equal(errors, process.Error.Lines.Where(static line => !line.Contains(" INFO ", StringComparison.Ordinal)).Take(code == 64 ? 1 : int.MaxValue));
    }
}
