using System.Diagnostics;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Epoll;

public sealed class LoopLoadTests
{
    private static readonly long Second = Stopwatch.Frequency;

    private LoopLoad _load;

    [Fact]
    public void End_Turns_AreAddedUp()
    {
        Turn(at: 100, seconds: 2);
        Turn(at: 110, seconds: 1);

        Assert.Equal(TimeSpan.FromSeconds(3), _load.Busy);
        Assert.Equal(0, _load.BusySince);
    }

    [Theory]
    [InlineData(103, 2)]
    [InlineData(116, 2)]
    [InlineData(131, 2)]
    [InlineData(133, 0)]
    public void Longest_LoopThatWaits_IsForgottenAfterTwoWindows(int at, int longest)
    {
        Turn(at: 100, seconds: 2);

        Assert.Equal(TimeSpan.FromSeconds(longest), _load.Longest(at * Second));
    }

    [Fact]
    public void Longest_OneReader_HidesItFromNoOther()
    {
        Turn(at: 100, seconds: 2);

        Assert.Equal(_load.Longest(103 * Second), _load.Longest(104 * Second));
    }

    [Fact]
    public void Longest_WindowBefore_StillCounts()
    {
        Turn(at: 100, seconds: 2);
        Turn(at: 118, seconds: 1);

        Assert.Equal(TimeSpan.FromSeconds(2), _load.Longest(120 * Second));
        Turn(at: 134, seconds: 1);
        Assert.Equal(TimeSpan.FromSeconds(1), _load.Longest(136 * Second));
    }

    [Fact]
    public void Longest_StuckLoop_Grows()
    {
        _load.Begin(100 * Second);

        Assert.Equal(TimeSpan.FromSeconds(7), _load.Longest(107 * Second));
    }

    private void Turn(int at, int seconds)
    {
        _load.Begin(at * Second);
        _load.End((at + seconds) * Second);
    }
}
