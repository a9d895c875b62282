using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Adapters;

/// <summary>A connection as a stream: synchronous operations and the ends.</summary>
public sealed class TransportStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static TheoryData<TransportEngine> Engines => [TransportEngine.Sockets, TransportEngine.Epoll];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Dispose_ReadIsPending_ServerGetsWhatWasWrittenAndAFin(TransportEngine engine)
    {
        await using var bed = await Bed.StartAsync(engine);
        var sent = new byte[200_000];
        await bed.Stream.WriteAsync(sent.AsMemory(0, 1000), TestContext.Current.CancellationToken);
        var reading = bed.Stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken).AsTask();
        await bed.Stream.WriteAsync(sent.AsMemory(1000), TestContext.Current.CancellationToken);
        bed.Stream.Dispose();
        Assert.Equal(sent.Length, (await bed.Server.ReceiveToEndAsync().WaitAsync(Patience, TestContext.Current.CancellationToken)).Length);
        await Assert.ThrowsAsync<IOException>(() => reading).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Throws<ObjectDisposedException>(() => bed.Stream.ReadByte());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Dispose_WriteIsPending_ServerSeesAReset(TransportEngine engine)
    {
        await using var bed = await Bed.StartAsync(engine);
        var writing = bed.Stream.WriteAsync(new byte[64 << 20], TestContext.Current.CancellationToken).AsTask();
        Assert.False(writing.IsCompleted);
        await bed.Stream.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => writing).WaitAsync(Patience, TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<SocketException>(() => bed.Server.ReceiveToEndAsync()).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task ReadAndWrite_Synchronous_BlockUntilThePeerIsReady(TransportEngine engine)
    {
        await using var bed = await Bed.StartAsync(engine);
        var sent = new byte[16 << 20];
        new Random(1).NextBytes(sent);
        var writing = OnThread(() =>
        {
            bed.Stream.Write(sent);
            return 0;
        });
        var received = new byte[sent.Length];
        var reading = OnThread(() =>
        {
            bed.Stream.ReadExactly(received);
            return bed.Stream.ReadByte();
        });
        var buffer = new byte[100_000];
        for (var echoed = 0; echoed < sent.Length;)
        {
            var count = await bed.Server.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            await bed.Server.SendAllAsync(buffer.AsMemory(0, count));
            echoed += count;
        }

        await writing;
        Assert.False(reading.IsCompleted);
        bed.Server.Shutdown(SocketShutdown.Send);
        Assert.Equal(-1, await reading);
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Dispose_SynchronousReadIsPending_EndsIt(TransportEngine engine)
    {
        await using var bed = await Bed.StartAsync(engine);
        using var started = new ManualResetEventSlim();
        var reading = OnThread(() =>
        {
            started.Set();
            return Record.Exception(() => bed.Stream.ReadByte());
        });
        started.Wait(TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        await bed.Stream.DisposeAsync();
        Assert.True(await reading is IOException or ObjectDisposedException);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Read_ServerResets_IsAnIOException(TransportEngine engine)
    {
        await using var bed = await Bed.StartAsync(engine);
        var reading = OnThread(() => Record.Exception(() => bed.Stream.ReadByte()));
        bed.Server.Reset();
        Assert.IsType<IOException>(await reading);
        await Assert.ThrowsAsync<IOException>(async () => await bed.Stream.ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    private static Task<T> OnThread<T>(Func<T> function) =>
        Task.Factory.StartNew(function, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(Patience, TestContext.Current.CancellationToken);

    private sealed class Bed(ITransport transport, Stream stream, Socket server) : IAsyncDisposable
    {
        public Stream Stream => stream;

        public Socket Server => server;

        public static async Task<Bed> StartAsync(TransportEngine engine)
        {
            Assert.SkipWhen(engine == TransportEngine.Epoll && !EpollTransport.IsSupported, "There is no epoll here.");
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            var transport = TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 1 });
            var connected = await transport.ConnectAsync(listener.LocalEndPoint!, new TransportConnectOptions { Timeout = Patience }, TestContext.Current.CancellationToken);
            var server = await listener.AcceptAsync(TestContext.Current.CancellationToken);

            // Connecting may have brought this one to the event loop, which must not be blocked.
            await Task.Run(static () => { }, TestContext.Current.CancellationToken);
            return new(transport, connected.Connection!.AsStream(), server);
        }

        public async ValueTask DisposeAsync()
        {
            server.Dispose();
            await stream.DisposeAsync();
            await transport.DisposeAsync();
        }
    }
}
