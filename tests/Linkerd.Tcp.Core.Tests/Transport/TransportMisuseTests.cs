using System.Net;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>The engines of the operating system, used as they should not be: both say the same.</summary>
public sealed class TransportMisuseTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task Connect_Disposed_IsCancelled(TransportEngine engine)
    {
        SkipWithout(engine);
        await using var other = TransportFactory.Create();
        await using var listener = await other.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, Cancelled);
        var transport = TransportFactory.Create(new TransportOptions { Engine = engine });
        await transport.DisposeAsync();
        var result = await transport.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), Cancelled);
        Assert.Equal(ConnectFailure.Cancelled, result.Failure);
    }

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task Listen_Disposed_NamesTheTransport(TransportEngine engine)
    {
        SkipWithout(engine);
        var transport = TransportFactory.Create(new TransportOptions { Engine = engine });
        await transport.DisposeAsync();
        var error = await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await transport.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, Cancelled));
        Assert.Equal(transport.GetType().FullName, error.ObjectName);
    }

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task Receive_WhileOneIsPending_IsRefused(TransportEngine engine)
    {
        SkipWithout(engine);
        await using var transport = TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 1 });
        await using var listener = await transport.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, Cancelled);
        listener.Start(new RecordingHandler());
        var result = await transport.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), Cancelled);
        await using var connection = result.Connection!;
        var pending = connection.ReceiveAsync().AsTask();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => connection.ReceiveAsync().AsTask());
        Assert.NotEmpty(error.Message);
        Assert.False(pending.IsCompleted);
        connection.Abort();
        Assert.True((await pending).Status is not TransportStatus.Ok);
    }

    [Fact]
    public void Create_NoLoop_SaysWhichOptionAndWhatWasExpected()
    {
        SkipWithout(TransportEngine.Epoll);
        var error = Assert.ThrowsAny<ArgumentException>(() => TransportFactory.Create(new TransportOptions { Loops = 0 }));
        Assert.StartsWith("Loops: 1 to 1024 was expected, not 0.", error.Message, StringComparison.Ordinal);
    }

    private static void SkipWithout(TransportEngine engine) =>
        Assert.SkipUnless(engine != TransportEngine.Epoll || EpollTransport.IsSupported, "The epoll engine runs on Linux, on x64 and arm64.");
}
