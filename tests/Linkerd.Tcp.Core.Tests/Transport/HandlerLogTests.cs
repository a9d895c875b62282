using System.Net;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>What engines log of handlers that throw: once, and thinned out where every client can bring it about.</summary>
public sealed class HandlerLogTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly LogRecorder _logs = new();

    public void Dispose() => _logs.Dispose();

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public Task OnAccepted_ThrowsForEachClient_IsLoggedOnceInAWhile(TransportEngine engine) => RunAsync(engine, async bed =>
    {
        var limit = new ConnectionLimit(10);
        var listener = bed.Own(await bed.Transport.ListenAsync(new TransportListenOptions { EndPoint = bed.FreeAddress, Limit = limit }, TestContext.Current.CancellationToken));
        var handler = new Handler();
        listener.Start(handler);
        for (var i = 0; i < 5; i++)
        {
            (await bed.Transport.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), TestContext.Current.CancellationToken)).Connection?.Abort();
        }

        await bed.UntilAsync(() => handler.Calls == 5 && limit.Active == 0);
        Assert.Equal(1, _logs.Count(5010));
        Assert.Contains($"{listener.LocalEndPoint}", await _logs.WaitForAsync(5010, Patience), StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public Task OnTimer_Throws_IsLogged(TransportEngine engine) => RunAsync(engine, async bed =>
    {
        var (one, other) = await bed.PairAsync();
        one.Deadline.Arm(TimeSpan.Zero, new Handler());
        await other.ReadToEndAsync();
        Assert.Contains("has a bug", await _logs.WaitForAsync(5011, Patience), StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(TransportEngine.Sockets, 5012)]
    [InlineData(TransportEngine.Epoll, 5001)]
    public Task Post_ActionThrows_IsLogged(TransportEngine engine, int id) => RunAsync(engine, async bed =>
    {
        var (one, _) = await bed.PairAsync();
        one.Executor.Post(static _ => throw new InvalidOperationException("What was posted has a bug."), null);
        Assert.Contains("What was posted has a bug", await _logs.WaitForAsync(id, Patience), StringComparison.Ordinal);
    });

    private Task RunAsync(TransportEngine engine, Func<TransportBed, Task> test)
    {
        Assert.SkipWhen(engine == TransportEngine.Epoll && !EpollTransport.IsSupported, "There is no epoll here.");
        return SocketBed.RunAsync(() => new SocketBed(IPAddress.Loopback, TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 2, LoggerFactory = _logs })), test);
    }

    private sealed class Handler : IConnectionHandler, ITimerHandler
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public void OnAccepted(TransportConnection connection)
        {
            Interlocked.Increment(ref _calls);
            throw new InvalidOperationException("The handler has a bug.");
        }

        public void OnAcceptFailed(TransportException error, TimeSpan retryAfter) => throw new InvalidOperationException("The handler has a bug.");

        public void OnTimer() => throw new InvalidOperationException("The handler has a bug.");
    }
}
