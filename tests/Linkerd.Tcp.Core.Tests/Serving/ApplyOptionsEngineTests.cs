using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>A proxy on real engines that takes new options while clients come.</summary>
public sealed class ApplyOptionsEngineTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    private readonly Socket _backend = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<IAsyncDisposable> _disposables = [];
    private Task _serving = Task.CompletedTask;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kernel's tables are looked at, which only Linux has.");
        _backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _backend.Listen(1024);
        _serving = EchoAsync();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        _disposables.Reverse();
        foreach (var disposable in _disposables)
        {
            await disposable.DisposeAsync();
        }

        _backend.Dispose();
        await _serving;
    }

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task AddAndRemove_ClientsComeAllTheTime_NobodyWhoHasConnectedIsLost(TransportEngine engine)
    {
        var proxy = await StartAsync(engine, NewListener());
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var clients = Enumerable.Range(0, 8).Select(i => Task.Run(() => ComeAsync(proxy, i, over.Token))).ToArray();
        for (var i = 0; i < 40; i++)
        {
            var added = await proxy.AddListenerAsync(NewListener(), Cancelled);
            await ServeOneAsync(added, TimeSpan.Zero);
            await proxy.ApplyAsync(proxy.Options.With(own => own.Duplex.IdleTimeout = TimeSpan.FromSeconds(60 + i)), Cancelled);
            Assert.True(await proxy.RemoveListenerAsync(added, Cancelled));
        }

        await over.CancelAsync();
        var (served, refused) = (await Task.WhenAll(clients)).Aggregate((all, one) => (all.Item1 + one.Item1, all.Item2 + one.Item2));
        TestContext.Current.TestOutputHelper?.WriteLine($"{served} served, {refused} found nobody listening");
        Assert.True(served > 40);
        Assert.Equal(0, await proxy.DrainAsync(Patience, CancellationToken.None));
    }

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task AddAndRemove_200Times_NoDescriptorIsLeft(TransportEngine engine)
    {
        var proxy = await StartAsync(engine, NewListener());
        var first = proxy.LocalEndPoints[0];
        var ports = new HashSet<int>();
        var previous = 0;
        for (var i = 0; i < 200; i++)
        {
            // Added, then removed by what comes next: every change is both.
            await proxy.ApplyAsync(new TcpProxyOptions { Listeners = [new(first, Name), NewListener(i)] }, Cancelled);
            Assert.NotEqual(previous, previous = PortOf(proxy.LocalEndPoints[1]));
            ports.Add(previous);
            await ServeOneAsync(proxy.LocalEndPoints[1], TimeSpan.Zero);
        }

        await proxy.ApplyAsync(new TcpProxyOptions { Listeners = [new(first, Name)] }, Cancelled);
        for (var until = DateTime.UtcNow + Patience; proxy.ActiveSessions > 0;)
        {
            Assert.True(DateTime.UtcNow < until, "Sessions have not ended.");
            await Task.Delay(1, Cancelled);
        }

        // The kernel may have given one of the ports to a socket of a test that runs beside this one.
        for (var until = DateTime.UtcNow + Patience; Sockets.CountWithPorts(ports) > 0;)
        {
            Assert.True(DateTime.UtcNow < until, "Sockets of listeners that were removed are left.");
            await Task.Delay(10, Cancelled);
        }

        Assert.Equal(1, Sockets.CountWithPorts([PortOf(first)]));
    }

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task Backlog_IsRaisedWhileClientsWait_TakesMore(TransportEngine engine)
    {
        var proxy = await StartAsync(engine, NewListener().With(own => { own.MaxSessions = 1; own.Backlog = 1; }));
        var address = proxy.LocalEndPoints[0];
        using var session = await ConnectAsync(address);
        await EchoOnAsync(session);

        // Linux holds one more than the backlog says, and the engine over sockets may hold one more; SYNs beyond are dropped.
        var waiting = Enumerable.Range(0, 8).Select(_ => ConnectAsync(address)).ToArray();
        Assert.NotSame(waiting[0], await Task.WhenAny(Task.WhenAll(waiting), Task.Delay(500, Cancelled)));
        Assert.Contains(waiting, connecting => !connecting.IsCompleted);
        Assert.True(await proxy.ChangeListenerAsync(address, proxy.Options.Listeners[0].With(own => own.Backlog = 64), Cancelled));
        var connected = await Task.WhenAll(waiting).WaitAsync(Patience, Cancelled);

        // A higher limit takes all of them.
        Assert.True(await proxy.ChangeListenerAsync(address, proxy.Options.Listeners[0].With(own => own.MaxSessions = null), Cancelled));
        foreach (var client in connected)
        {
            await EchoOnAsync(client);
            client.Dispose();
        }
    }

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task KeepAlive_IsChanged_HoldsForConnectionsFromThenOn(TransportEngine engine)
    {
        var proxy = await StartAsync(engine, NewListener());
        using var first = await ConnectServedAsync(proxy);
        Assert.True(IsProbed(first));
        await proxy.ApplyAsync(proxy.Options.With(own => own.Tcp = new() { KeepAliveTime = TimeSpan.Zero, NoDelay = false }), Cancelled);
        using var second = await ConnectServedAsync(proxy);
        Assert.False(IsProbed(second));
        await proxy.ApplyAsync(proxy.Options.With(own => own.Tcp = new() { UserTimeout = TimeSpan.FromSeconds(30), SendBufferSize = 16384 }), Cancelled);
        using var third = await ConnectServedAsync(proxy);
        Assert.True(IsProbed(third));
        Assert.True(IsProbed(first));
        Assert.False(IsProbed(second));
    }

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task Apply_AddressOfAnotherProcess_NamesItAndLeavesNothingBound(TransportEngine engine)
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var (freed, taken) = ((IPEndPoint)free.LocalEndPoint!, (IPEndPoint)other.LocalEndPoint!);
        free.Dispose();

        var proxy = await StartAsync(engine, NewListener());
        using var session = await ConnectServedAsync(proxy);
        var error = await Assert.ThrowsAsync<TransportException>(() =>
            proxy.ApplyAsync(proxy.Options.With(own => own.Listeners = [new(freed, Name), new(taken, Name)]), Cancelled));
        Assert.StartsWith($"cannot listen on {taken}: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, Sockets.CountWithPorts([freed.Port]));
        await EchoOnAsync(session);
        using var next = await ConnectServedAsync(proxy);
    }

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task Apply_UnixSocketStays_IsNotBoundAgain(TransportEngine engine)
    {
        var path = Path.Combine(Path.GetTempPath(), $"linkerd-tcp-{Guid.NewGuid():N}");
        var proxy = await StartAsync(engine, new ListenerOptions(new UnixDomainSocketEndPoint(path), Name));
        await proxy.ApplyAsync(new TcpProxyOptions { Listeners = [new(new UnixDomainSocketEndPoint(path), Name) { Backlog = 7 }, NewListener()], Tcp = new() { NoDelay = false } }, Cancelled);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(path), Cancelled);
        await EchoOnAsync(client);
        await proxy.ApplyAsync(new TcpProxyOptions { Listeners = [NewListener()] }, Cancelled);
        Assert.False(File.Exists(path));
        await EchoOnAsync(client);
    }

    private static int PortOf(EndPoint address) => ((IPEndPoint)address).Port;

    private static bool IsProbed(Socket client) => Sockets.HasKeepAlive(PortOf(client.RemoteEndPoint!), PortOf(client.LocalEndPoint!));

    private static ListenerOptions NewListener(int? key = null) => new(new IPEndPoint(IPAddress.Loopback, 0), Name) { Key = key is { } number ? $"k{number}" : null };

    private static async Task<Socket> ConnectAsync(EndPoint address)
    {
        var client = new Socket(address.AddressFamily, SocketType.Stream, address.AddressFamily == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            await client.ConnectAsync(address, Cancelled);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static async Task<Socket> ConnectServedAsync(TcpProxy proxy)
    {
        var client = await ConnectAsync(proxy.LocalEndPoints[0]);
        await EchoOnAsync(client);
        return client;
    }

    private static async Task EchoOnAsync(Socket client)
    {
        await client.SendAsync(new byte[] { 7 }, Cancelled);
        Assert.Equal(1, await client.ReceiveAsync(new byte[1], Cancelled).AsTask().WaitAsync(Patience, Cancelled));
    }

    private static async Task ServeOneAsync(EndPoint address, TimeSpan open)
    {
        using var client = await ConnectAsync(address);
        await Task.Delay(open, Cancelled);
        await EchoOnAsync(client);
    }

    /// <summary>Clients of any listener that there is, one after the other, until the end.</summary>
    private static async Task<(int Served, int Refused)> ComeAsync(TcpProxy proxy, int seed, CancellationToken over)
    {
        var (served, refused) = (0, 0);
        for (var i = seed; !over.IsCancellationRequested; i++)
        {
            var addresses = proxy.LocalEndPoints;
            Socket client;
            try
            {
                client = await ConnectAsync(addresses[i % addresses.Count]);
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
            {
                refused++;
                continue;
            }

            using (client)
            {
                await Task.Delay(i % 4, Cancelled);
                await EchoOnAsync(client);
            }

            served++;
        }

        return (served, refused);
    }

    private async Task EchoAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _backend.AcceptAsync(Cancelled);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }

            _ = EchoAsync(client);
        }
    }

    private static async Task EchoAsync(Socket client)
    {
        using (client)
        {
            try
            {
                var buffer = new byte[16];
                while (await client.ReceiveAsync(buffer) is var count and > 0)
                {
                    await client.SendAsync(buffer.AsMemory(0, count));
                }
            }
            catch (SocketException)
            {
                // The client has reset the connection.
                return;
            }
        }
    }

    private async Task<TcpProxy> StartAsync(TransportEngine engine, ListenerOptions listener)
    {
        Assert.SkipUnless(engine != TransportEngine.Epoll || EpollTransport.IsSupported, "There is no epoll here.");
        var transport = TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 2 });
        _disposables.Add(transport);
        var router = new DestinationRegistry(new StaticResolver(_backend.LocalEndPoint!));
        _disposables.Add(router);
        var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [listener] }, router, transport);
        _disposables.Add(proxy);
        await proxy.StartAsync(Cancelled);
        return proxy;
    }
}
