using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// The process is stopped for longer than a limit, as a frozen container is. What its kernel received meanwhile came in time, and goes before the limit; a limit
/// on a session's age holds all the same.
/// </summary>
public sealed class PauseTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongerThanLimit = TimeSpan.FromSeconds(3);

    // The kernel repeats a SYN that was dropped after 1 s.
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongerThanConnectLimit = TimeSpan.FromSeconds(2.5);

    public PauseTests()
    {
        Require.Epoll();
    }

    [Theory]
    [InlineData("epoll", "client")]
    [InlineData("epoll", "server")]
    [InlineData("epoll", "both")]
    [InlineData("sockets", "client")]
    [InlineData("sockets", "server")]
    [InlineData("sockets", "both")]
    public async Task IdleTimeout_BytesCameWhileStopped_SessionGoesOnUntilItIsIdle(string transport, string speaker)
    {
        await using var backend = new HandedOut();
        await using var proxy = await StartAsync(backend, transport, "--idle-timeout", Seconds(Limit));
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        var server = await backend.NextAsync();
        await PassAsync(client, server, "before");
        await WhileStoppedAsync(proxy, LongerThanLimit, async () =>
        {
            await SayAsync(speaker == "server" ? server : client, "meanwhile");
            if (speaker == "both")
            {
                await SayAsync(server, "meanwhile");
            }
        });
        if (speaker != "server")
        {
            Assert.Equal("meanwhile", await server.ReceiveTextAsync(9).InTimeAsync());
        }

        if (speaker != "client")
        {
            Assert.Equal("meanwhile", await client.ReceiveTextAsync(9).InTimeAsync());
        }

        await PassAsync(client, server, "after");
        await PassAsync(server, client, "after");
        await client.IsResetAsync();
    }

    [Theory]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task IdleTimeout_FinAndAnswerCameWhileStopped_BothArePassedOn(string transport)
    {
        await using var backend = new HandedOut();
        await using var proxy = await StartAsync(backend, transport, "--idle-timeout", Seconds(Limit));
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        var server = await backend.NextAsync();
        await PassAsync(client, server, "question");
        await WhileStoppedAsync(proxy, LongerThanLimit, async () =>
        {
            client.Shutdown(SocketShutdown.Send);
            await client.WaitAcknowledgedAsync();
            await SayAsync(server, "answer");
            server.Shutdown(SocketShutdown.Send);
        });
        Assert.Equal("answer", await client.ReceiveTextToEndAsync().InTimeAsync());
        Assert.Equal(string.Empty, await server.ReceiveTextToEndAsync().InTimeAsync());
    }

    [Theory]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task HalfCloseTimeout_BytesCameWhileStopped_SessionGoesOnUntilItIsIdle(string transport)
    {
        await using var backend = new HandedOut();
        await using var proxy = await StartAsync(backend, transport, "--half-close-timeout", Seconds(Limit));
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        var server = await backend.NextAsync();
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(string.Empty, await server.ReceiveTextToEndAsync().InTimeAsync());
        await WhileStoppedAsync(proxy, LongerThanLimit, () => SayAsync(server, "meanwhile"));
        Assert.Equal("meanwhile", await client.ReceiveTextAsync(9).InTimeAsync());
        await PassAsync(server, client, "after");
        await client.IsResetAsync();
    }

    [Theory]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task Lifetime_OverWhileStopped_EndsTheSession(string transport)
    {
        await using var backend = new HandedOut();
        await using var proxy = await StartAsync(backend, transport, "--lifetime", Seconds(Limit));
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        var server = await backend.NextAsync();
        await PassAsync(client, server, "before");
        await WhileStoppedAsync(proxy, LongerThanLimit, () => SayAsync(client, "meanwhile"));
        await client.IsResetAsync();
    }

    [Theory]
    [InlineData("epoll", "--attempt-timeout")]
    [InlineData("epoll", "--connect-timeout")]
    [InlineData("sockets", "--attempt-timeout")]
    [InlineData("sockets", "--connect-timeout")]
    public async Task ConnectTimeouts_ConnectedWhileStopped_SessionIsServed(string transport, string option)
    {
        using var full = await FullBacklog.CreateAsync();
        string[] others = option == "--attempt-timeout" ? ["--connect-timeout", "60s"] : ["--attempt-timeout", "60s"];
        await using var proxy = await Executable.StartWithDebugLogAsync(
            ProxyProcess.InetName(full.EndPoint), ["--transport", transport, option, Seconds(ConnectLimit), .. others, "--retries", "0"]);
        Socket? client = null;
        Socket? server = null;

        // On a slow machine the limit may pass before the proxy is stopped: then once more.
        for (var round = 0; server is null && round < 5; round++)
        {
            client?.Dispose();
            client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            await Eventually.IsTrueAsync(() => StatesOf(proxy, full.EndPoint).Contains(SynSent), () => "no SYN was sent");
            await WhileStoppedAsync(proxy, LongerThanConnectLimit, async () =>
            {
                if (StatesOf(proxy, full.EndPoint).Contains(SynSent))
                {
                    server = await full.AcceptOtherAsync().InTimeAsync();
                    await Eventually.IsTrueAsync(() => StatesOf(proxy, full.EndPoint).Contains(Established), () => "the connect was not answered");
                }
            });
        }

        Assert.NotNull(server);
        using (client)
        using (server)
        {
            await PassAsync(client!, server, "after");
            await PassAsync(server, client!, "after");
        }
    }

    [Theory]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task ConnectTimeout_PlaceBecameFreeWhileStopped_WaitingSessionIsServed(string transport)
    {
        await using var backend = new HandedOut();
        await using var proxy = await StartAsync(backend, transport, "--max-connections-per-endpoint", "1", "--connect-timeout", Seconds(ConnectLimit));

        // One session comes to its end before: what was never run is compiled first, for which the moment after the pause is short.
        using (var earlier = await ClientSocket.ConnectAsync(proxy.EndPoint))
        {
            var server = await backend.NextAsync();
            server.Shutdown(SocketShutdown.Send);
            Assert.Equal(string.Empty, await earlier.ReceiveTextToEndAsync().InTimeAsync());
        }

        var first = await ClientSocket.ConnectAsync(proxy.EndPoint);
        var served = await backend.NextAsync();
        await PassAsync(first, served, "before");
        using var waiting = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await waiting.SendTextAsync("hello");

        // The proxy has it when it has taken it out of its backlog: it has a descriptor then.
        await Eventually.IsTrueAsync(() => StatesOf(proxy, (IPEndPoint)waiting.LocalEndPoint!).Contains(Established), () => "not accepted");
        await WhileStoppedAsync(proxy, LongerThanConnectLimit, async () =>
        {
            first.Shutdown(SocketShutdown.Send);
            served.Shutdown(SocketShutdown.Send);
            await first.WaitAcknowledgedAsync();
            await served.WaitAcknowledgedAsync();
        });
        var next = await backend.NextAsync();
        Assert.Equal("hello", await next.ReceiveTextAsync(5).InTimeAsync());
        await PassAsync(next, waiting, "after");
        first.Dispose();
    }

    private const int Established = 1;
    private const int SynSent = 2;

    private static Task<ProxyProcess> StartAsync(HandedOut backend, string transport, params string[] options) =>
        Executable.StartWithDebugLogAsync(backend.Name, ["--transport", transport, .. options]);

    private static string Seconds(TimeSpan span) => span.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) + "ms";

    /// <summary>Sends, until the proxy's kernel has it.</summary>
    private static async Task SayAsync(Socket socket, string text)
    {
        await socket.SendTextAsync(text).InTimeAsync();
        await socket.WaitAcknowledgedAsync().InTimeAsync();
    }

    private static async Task PassAsync(Socket from, Socket to, string text)
    {
        await from.SendTextAsync(text).InTimeAsync();
        Assert.Equal(text, await to.ReceiveTextAsync(text.Length).InTimeAsync());
    }

    /// <summary>Stops the proxy, has something happen, and lets it go on after so long.</summary>
    private static async Task WhileStoppedAsync(ProxyProcess proxy, TimeSpan length, Func<Task> action)
    {
        proxy.Send(Signal.Stop);
        await Eventually.IsTrueAsync(() => IsStopped(proxy.Id), () => "the process was not stopped");
        var since = Stopwatch.GetTimestamp();
        await action();
        var left = length - Stopwatch.GetElapsedTime(since);
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TestContext.Current.CancellationToken);
        proxy.Send(Signal.Continue);
    }

    private static bool IsStopped(int process) =>
        Directory.GetDirectories($"/proc/{process}/task").All(task => File.ReadAllText(Path.Combine(task, "stat")).Split(") ")[^1].StartsWith('T'));

    /// <summary>The states of the proxy's sockets whose peer is this one (proc(5), /proc/net/tcp), as far as they have a descriptor.</summary>
    private static List<int> StatesOf(ProxyProcess proxy, IPEndPoint peer)
    {
        var address = $"0100007F:{peer.Port:X4}";
        return [.. File.ReadLines($"/proc/{proxy.Id}/net/tcp")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[2] == address && proxy.Sockets.Contains(fields[9]))
            .Select(fields => int.Parse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
    }

    /// <summary>A server whose connections the test has in its hands.</summary>
    private sealed class HandedOut : IAsyncDisposable
    {
        private readonly System.Threading.Channels.Channel<Socket> _connections = System.Threading.Channels.Channel.CreateUnbounded<Socket>();
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TcpBackend _backend;

        public HandedOut()
        {
            _backend = new TcpBackend(async socket =>
            {
                await _connections.Writer.WriteAsync(socket);
                await _over.Task;
            });
        }

        public string Name => _backend.Name;

        public Task<Socket> NextAsync() => _connections.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().InTimeAsync();

        public async ValueTask DisposeAsync()
        {
            _over.SetResult();
            await _backend.DisposeAsync();
        }
    }
}
