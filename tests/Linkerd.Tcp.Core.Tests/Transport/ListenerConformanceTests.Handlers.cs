using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>Handlers are somebody else's code: what they throw ends their connection, and nothing else.</summary>
public abstract partial class ListenerConformanceTests
{
    [Fact]
    public Task OnAccepted_Throws_ConnectionEndsAndItsPlaceIsFree() => RunAsync(async bed =>
    {
        bed.LetHandlersThrow();
        var limit = new ConnectionLimit(1);
        var listener = bed.Own(await bed.Transport.ListenAsync(new TransportListenOptions { EndPoint = bed.FreeAddress, Limit = limit }, Cancelled));
        var handler = new ThrowingHandler { AcceptsToThrow = 3 };
        listener.Start(handler);
        for (var i = 0; i < 3; i++)
        {
            var refused = await bed.Transport.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), Cancelled);
            if (refused.Connection is null)
            {
                // The RST was there before the connect had looked at its own outcome.
                Assert.Equal(ConnectFailure.Reset, refused.Failure);
                continue;
            }

            var (data, end) = await bed.Own(refused.Connection).ReadToEndAsync();
            Assert.Empty(data);
            if (bed.IsTcp)
            {
                Assert.Equal(TransportStatus.Reset, end);
            }
        }

        // Each of them had the only place.
        var served = await bed.ConnectAsync(listener.LocalEndPoint);
        await served.SendTextAsync("still here");
        var accepted = bed.Own(await handler.Accepted.NextAsync());
        Assert.Equal("still here", await accepted.ReadTextAsync(10));
        Assert.Equal((4, 1), (handler.Calls, limit.Active));
    });

    [Fact]
    public Task OnAcceptFailed_Throws_AcceptingIsTriedAgain() => RunAsync(async bed =>
    {
        bed.LetHandlersThrow();
        var handler = new ThrowingHandler { FailuresThrow = true };
        var listener = await bed.ListenInVainAsync(handler);
        Assert.SkipWhen(listener is null, "Accepts cannot be made to fail here.");
        await bed.UntilAsync(() => handler.Failures >= 3);
        await listener.DisposeAsync();
    });

    [Fact]
    public Task Deadline_HandlerThrows_EndsItsConnectionAndNoOther() => RunAsync(async bed =>
    {
        bed.LetHandlersThrow();
        var (one, peer) = await bed.PairAsync();
        var (other, otherPeer) = await bed.PairAsync();
        var bell = new Bell(other.Executor);
        one.Deadline.Arm(TimeSpan.FromMilliseconds(1), new ThrowingTimerHandler());
        other.Deadline.Arm(TimeSpan.FromMilliseconds(1), bell);
        var (_, end) = await peer.ReadToEndAsync();
        if (bed.IsTcp)
        {
            Assert.Equal(TransportStatus.Reset, end);
        }

        await bell.Rings;
        await otherPeer.SendTextAsync("still here");
        Assert.Equal("still here", await other.ReadTextAsync(10));
    });

    [Fact]
    public Task Post_ActionThrows_ExecutorGoesOn() => RunAsync(async bed =>
    {
        if (bed is SimulatedBed)
        {
            // What throws fails a simulated run, on purpose.
            return;
        }

        var (one, other) = await bed.PairAsync();
        one.Executor.Post(static _ => throw new InvalidOperationException("What was posted has a bug."), null);
        await one.Executor.Yield();
        await one.SendTextAsync("still here");
        Assert.Equal("still here", await other.ReadTextAsync(10));
    });

    private sealed class ThrowingTimerHandler : ITimerHandler
    {
        public void OnTimer() => throw new InvalidOperationException("The timer's handler has a bug.");
    }

    private sealed class ThrowingHandler : IConnectionHandler
    {
        private int _calls;
        private int _failures;

        public RecordingHandler Accepted { get; } = new();

        public int AcceptsToThrow { get; init; }

        public bool FailuresThrow { get; init; }

        public int Calls => Volatile.Read(ref _calls);

        public int Failures => Volatile.Read(ref _failures);

        public void OnAccepted(TransportConnection connection)
        {
            if (Interlocked.Increment(ref _calls) <= AcceptsToThrow)
            {
                throw new InvalidOperationException("The handler has a bug.");
            }

            Accepted.OnAccepted(connection);
        }

        public void OnAcceptFailed(TransportException error, TimeSpan retryAfter)
        {
            Interlocked.Increment(ref _failures);
            if (FailuresThrow)
            {
                throw new InvalidOperationException("The handler has another bug.");
            }
        }
    }
}
