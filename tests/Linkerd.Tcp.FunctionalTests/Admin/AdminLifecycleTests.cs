using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Probes and actions of the admin server through the life of the process, and clients that misbehave.</summary>
[Trait("Category", "AnyTransport")]
public sealed class AdminLifecycleTests
{
    [Fact]
    public async Task Shutdown_WithASession_AnswersIsNotReadyAndEndsAfterIt()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var admin = await AdminProcess.StartAsync(ProxyProcess.InetName(backend.EndPoint));
        Assert.Equal("live\n", await admin.GetAsync("/live"));
        Assert.Equal("ready\n", await admin.GetAsync("/ready"));
        using var client = await ClientSocket.ConnectAsync(admin.Proxy.EndPoint);
        await client.EchoAsync("before");
        Assert.Equal(HttpStatusCode.Accepted, (await admin.AskAsync(HttpMethod.Post, "/shutdown")).Status);
        await admin.Proxy.Error.WaitForAsync(static line => line.Contains("stopping: 1 sessions", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (status, text, _) = await admin.AskAsync(HttpMethod.Get, "/ready", token: null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("The process is stopping.", text, StringComparison.Ordinal);
        Assert.Equal("live\n", await admin.GetAsync("/live"));
        await client.EchoAsync("after");
        client.Dispose();
        Assert.Equal(0, await admin.Proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Abort_WithASession_AnswersResetsItAndEndsWith1()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var admin = await AdminProcess.StartAsync(ProxyProcess.InetName(backend.EndPoint));
        using var client = await ClientSocket.ConnectAsync(admin.Proxy.EndPoint);
        await client.EchoAsync("before");
        var (status, text, _) = await admin.AskAsync(HttpMethod.Post, "/abort");
        Assert.Equal((HttpStatusCode.Accepted, "{\"result\":\"aborting\"}"), (status, text));
        await client.IsResetAsync();
        Assert.Equal(1, await admin.Proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task LogLevel_ForATime_ComesBack()
    {
        await using var admin = await AdminProcess.StartAsync("/$/nil");
        Assert.Equal("{\"level\":\"info\",\"until\":null}", await admin.GetAsync("/api/v1/log-level"));
        var (status, text, _) = await admin.AskAsync(HttpMethod.Put, "/api/v1/log-level", json: """{"level":"debug,Linkerd.Tcp.Namerd=trace","forSecs":1}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.StartsWith("{\"level\":\"debug,Linkerd.Tcp.Namerd=trace\",\"until\":\"2", text, StringComparison.Ordinal);
        await Eventually.IsTrueAsync(async () => await admin.GetAsync("/api/v1/log-level") == "{\"level\":\"info\",\"until\":null}", static () => "the level did not come back");
        (status, text, _) = await admin.AskAsync(HttpMethod.Put, "/api/v1/log-level", json: """{"level":"debg"}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("did you mean debug?", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.AskAsync(HttpMethod.Put, "/api/v1/log-level", json: """{"levle":"debug"}""")).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await admin.AskAsync(HttpMethod.Put, "/api/v1/log-level")).Status);
    }

    [Fact]
    public async Task Port_InUse_IsAnErrorAtStart()
    {
        await using var admin = await AdminProcess.StartAsync("/$/nil");
        await using var second = await Executable.RunAsync("/$/nil", "-l", "127.0.0.1:0", "--admin", $"{admin.EndPoint}");
        Assert.Equal(1, await second.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith($"error: the admin server cannot listen on {admin.EndPoint}: ", second.Error.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_ThatHangOrReadSlowly_DoNotHoldTheProxyUpAndAreCut()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var admin = await AdminProcess.StartAsync(ProxyProcess.InetName(backend.EndPoint));
        using var client = await ClientSocket.ConnectAsync(admin.Proxy.EndPoint);
        var before = admin.Proxy.ResidentBytes;
        var hanging = new List<Socket>();
        try
        {
            for (var i = 0; i < 1000; i++)
            {
                // Half of a request, or a whole one whose answer is not read.
                var socket = await ClientSocket.ConnectAsync(admin.EndPoint, receiveBuffer: 1024);
                hanging.Add(socket);
                try
                {
                    await socket.SendTextAsync(i % 2 == 0 ? "GET /live HT" : "GET /api/v1/endpoints HTTP/1.1\r\nHost: localhost\r\n\r\n");
                }
                catch (SocketException)
                {
                    // It is one too many, and closed already.
                    continue;
                }
            }

            await client.EchoAsync("while they hang");
            Assert.InRange(admin.Proxy.ResidentBytes - before, long.MinValue, 40 << 20);

            // Headers have 5 s, idle connections 15 s.
            await Eventually.IsTrueAsync(
                async () =>
                {
                    try
                    {
                        return await admin.GetAsync("/live") == "live\n";
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                },
                static () => "hanging clients were not cut");
            await client.EchoAsync("afterwards");
        }
        finally
        {
            hanging.ForEach(static socket => socket.Dispose());
        }
    }
}
