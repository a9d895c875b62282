using Linkerd.Tcp.Tests.Security.Connections;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public sealed class BudgetedQueueTests
{
    private readonly StepExecutor _loop = new();
    private int _ran;

    [Theory]
    [InlineData(0.8, 1)]
    [InlineData(0.2, 1)]
    [InlineData(0.03, 4)]
    public void Run_NothingElseOnTheLoop_HasTheBudgetAndAtLeastOnePiece(double milliseconds, int perTurn)
    {
        Enqueue(milliseconds, 20);
        for (var turn = 1; turn <= 5; turn++)
        {
            _loop.RunTurn();
            Assert.Equal(turn * perTurn, _ran);
        }
    }

    [Theory]
    [InlineData(20, 0.2)]
    [InlineData(20, 0.8)]
    [InlineData(2, 0.03)]
    public void Run_OthersTakeLong_HasAFifthOfTheTime(double others, double milliseconds)
    {
        Enqueue(milliseconds, 100_000);
        var startedAt = _loop.Clock.GetTimestamp();
        for (var turn = 0; turn < 100; turn++)
        {
            _loop.RunTurn();
            Advance(others);
        }

        var share = _ran * milliseconds / _loop.Clock.GetElapsedTime(startedAt).TotalMilliseconds;
        Assert.InRange(share, 0.18, 0.23);
    }

    [Fact]
    public void Run_OneTurnIsLongAmongShortOnes_AddsOnePieceToIt()
    {
        Enqueue(0.8, 100);
        for (var turn = 0; turn < 10; turn++)
        {
            _loop.RunTurn();
        }

        Advance(3);
        _loop.RunTurn();
        Assert.Equal(11, _ran);
    }

    [Fact]
    public void Run_ProcessWasSuspended_HasTenMilliseconds()
    {
        Enqueue(0.5, 1000);
        _loop.RunTurn();
        _loop.Clock.Advance(TimeSpan.FromHours(1));
        _loop.RunTurn();
        Assert.Equal(1 + 20, _ran);
        _loop.RunTurn();
        Assert.Equal(1 + 20 + 1, _ran);
    }

    [Fact]
    public void Run_PieceThrows_OthersRun()
    {
        _loop.Budgeted.Enqueue(static () => throw new InvalidOperationException("piece"));
        Enqueue(0.2, 2);
        Assert.Throws<InvalidOperationException>(_loop.RunTurn);
        _loop.RunTurn();
        _loop.RunTurn();
        Assert.Equal(2, _ran);
        Assert.False(_loop.HasWork);
    }

    [Fact]
    public void Run_WasIdle_TheTimeBeforeIsNobodys()
    {
        Enqueue(0.2, 1);
        _loop.RunTurn();
        Assert.False(_loop.HasWork);
        Advance(1000);
        Enqueue(0.2, 2);
        _loop.RunTurn();
        Assert.Equal(2, _ran);
    }

    private void Enqueue(double milliseconds, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _loop.Budgeted.Enqueue(() =>
            {
                _ran++;
                Advance(milliseconds);
            });
        }
    }

    private void Advance(double milliseconds) => _loop.Clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
