using Linkerd.Tcp.Security.Handshakes;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections;

/// <summary>The turns and the places of handshakes.</summary>
public sealed class HandshakeLaneTests
{
    private readonly StepExecutor _loop = new();

    [Fact]
    public void Turn_StepsWithinTheBudget_AllRunInOneTurn()
    {
        var lane = new HandshakeLane(_loop);
        var done = Start(lane, handshakes: 5, cost: TimeSpan.FromMicroseconds(19));
        Assert.Empty(done);
        _loop.RunTurn();
        Assert.Equal([0, 1, 2, 3, 4], done);
    }

    [Fact]
    public void Turn_StepsBeyondTheBudget_AreSpreadOverTurnsInOrder()
    {
        var lane = new HandshakeLane(_loop);
        var done = Start(lane, handshakes: 7, cost: TimeSpan.FromMicroseconds(40));
        var perTurn = new List<int>();
        while (_loop.HasWork)
        {
            var before = done.Count;
            _loop.RunTurn();
            perTurn.Add(done.Count - before);
        }

        // Three steps reach a tenth of a millisecond.
        Assert.Equal([3, 3, 1], perTurn);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], done);
    }

    [Fact]
    public void Turn_OneStepIsLongerThanTheBudget_OneRunsInEachTurn()
    {
        var lane = new HandshakeLane(_loop);
        var done = Start(lane, handshakes: 3, cost: TimeSpan.FromMilliseconds(7));
        _loop.RunTurn();
        Assert.Equal([0], done);
        _loop.RunTurn();
        _loop.RunTurn();
        Assert.Equal([0, 1, 2], done);
    }

    [Fact]
    public void TryBegin_AtTheCap_EndsTheOneThatWaitsLongest()
    {
        var lane = new HandshakeLane(_loop, maximum: 3);
        var evicted = new List<string>();
        var first = Begin(lane, "first", evicted);
        var second = Begin(lane, "second", evicted);
        var third = Begin(lane, "third", evicted);
        first.BeginWait();
        second.BeginWait();

        // It has heard from its peer, so it waits from now on.
        first.EndWait();
        first.BeginWait();
        var fourth = Begin(lane, "fourth", evicted);
        Assert.Equal(["second"], evicted);
        Assert.Equal((false, true, false, false), (first.IsEvicted, second.IsEvicted, third.IsEvicted, fourth.IsEvicted));
        Assert.Equal(3, lane.UnderWay);

        // What is evicted gives its place back once.
        second.Dispose();
        Assert.Equal(3, lane.UnderWay);
        fourth.Dispose();
        fourth.Dispose();
        Assert.Equal(2, lane.UnderWay);
    }

    [Fact]
    public void TryBegin_AtTheCapAndNoneWaits_IsRefused()
    {
        var lane = new HandshakeLane(_loop, maximum: 2);
        var evicted = new List<string>();
        var first = Begin(lane, "first", evicted);
        Begin(lane, "second", evicted);
        Assert.Null(lane.TryBegin(() => evicted.Add("third")));
        Assert.Empty(evicted);
        first.Dispose();
        Assert.NotNull(lane.TryBegin(() => evicted.Add("fourth")));
    }

    [Fact]
    public void Of_SameExecutor_IsTheSameLane()
    {
        Assert.Same(HandshakeLane.Of(_loop), HandshakeLane.Of(_loop));
        Assert.NotSame(HandshakeLane.Of(_loop), HandshakeLane.Of(new StepExecutor()));
    }

    private static HandshakeLane.Handshake Begin(HandshakeLane lane, string name, List<string> evicted) => lane.TryBegin(() => evicted.Add(name))!;

    private List<int> Start(HandshakeLane lane, int handshakes, TimeSpan cost)
    {
        var done = new List<int>();
        for (var i = 0; i < handshakes; i++)
        {
            _ = StepAsync(lane.TryBegin(static () => { })!, i);
        }

        return done;

        async Task StepAsync(HandshakeLane.Handshake handshake, int number)
        {
            await handshake.Turn();
            done.Add(number);
            _loop.Clock.Advance(cost);
        }
    }
}
