using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Measures the whole process, so nothing may run beside it.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "AnyTransport")]
public sealed class AllocationTests
{
    private const int RoundTrips = 100_000;

    public static TheoryData<TransportEngine> Engines => [TransportEngine.Sockets, TransportEngine.Epoll];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Run_SteadyPingPong_AllocatesLessThanAByteARoundTrip(TransportEngine engine)
    {
        if (engine == TransportEngine.Epoll)
        {
            Require.Epoll();
        }

        await using var transport = TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 1 });
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var (outer, clientInside) = await AcceptAsync(transport);
        using var client = outer;
        var connected = await transport.ConnectAsync(listener.LocalEndPoint!, new TransportConnectOptions { Executor = clientInside.Executor }, TestContext.Current.CancellationToken);
        using var echo = listener.Accept();
        echo.NoDelay = true;
        var running = new DuplexProxy().RunAsync(clientInside, connected.Connection!, cancellationToken: TestContext.Current.CancellationToken).AsTask();

        // On threads of their own: connecting may have brought this one to the event loop, which must not be blocked.
        var echoing = OnThread(() => Echo(echo));
        await OnThread(() => PingPong(client, RoundTrips / 10));
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await OnThread(() => PingPong(client, RoundTrips));
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        client.Shutdown(SocketShutdown.Send);
        var result = await running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await echoing.InTimeAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{allocated} bytes in {RoundTrips} round trips");
        Assert.True(result.Reason.IsNormal);
        Assert.Equal(64L * (RoundTrips + (RoundTrips / 10)), result.BytesToClient);
        Assert.True(allocated < RoundTrips, $"{allocated} bytes in {RoundTrips} round trips");
    }

    private static Task OnThread(Action action) =>
        Task.Factory.StartNew(action, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void PingPong(Socket socket, int count)
    {
        Span<byte> message = stackalloc byte[64];
        for (var i = 0; i < count; i++)
        {
            socket.Send(message);
            for (var received = 0; received < message.Length;)
            {
                received += socket.Receive(message[received..]);
            }
        }
    }

    private static void Echo(Socket socket)
    {
        Span<byte> buffer = stackalloc byte[4096];
        while (socket.Receive(buffer) is var received and > 0)
        {
            socket.Send(buffer[..received]);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>A connection that the transport has accepted, and its other end.</summary>
    private static async Task<(Socket Outside, TransportConnection Inside)> AcceptAsync(ITransport transport)
    {
        await using var listener = await transport.ListenAsync(
            new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, TestContext.Current.CancellationToken);
        var first = new FirstAccepted();
        listener.Start(first);
        var outside = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        // Blocking: a socket that was once used asynchronously allocates for every blocking call from then on.
        outside.Connect(listener.LocalEndPoint);
        return (outside, await first.Connection.InTimeAsync());
    }

    private sealed class FirstAccepted : IConnectionHandler
    {
        private readonly TaskCompletionSource<TransportConnection> _connection = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TransportConnection> Connection => _connection.Task;

        public void OnAccepted(TransportConnection connection) => _connection.SetResult(connection);

        public void OnAcceptFailed(TransportException error, TimeSpan retryAfter) => _connection.SetException(error);
    }
}
