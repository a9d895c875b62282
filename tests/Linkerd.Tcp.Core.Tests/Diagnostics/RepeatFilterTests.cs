using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests;

public sealed class RepeatFilterTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void TryPass_First_Passes()
    {
        Assert.True(new RepeatFilter(_time).TryPass(out var suppressed));
        Assert.Equal(0, suppressed);
    }

    [Fact]
    public void TryPass_WithinThePeriod_IsCountedAndToldLater()
    {
        var filter = new RepeatFilter(_time);
        filter.TryPass(out _);

        for (var i = 0; i < 9; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.False(filter.TryPass(out _));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(filter.TryPass(out var suppressed));
        Assert.Equal(9, suppressed);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(filter.TryPass(out suppressed));
        Assert.Equal(0, suppressed);
    }

    [Fact]
    public void TryPass_OwnPeriod_IsUsed()
    {
        var filter = new RepeatFilter(_time, TimeSpan.FromMinutes(1));
        filter.TryPass(out _);

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(filter.TryPass(out _));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(filter.TryPass(out var suppressed));
        Assert.Equal(1, suppressed);
    }

    [Fact]
    public void TryPass_ManyThreads_OnePasses()
    {
        var filter = new RepeatFilter(_time);
        var passed = 0;

        Parallel.For(0, 1_000, _ => Interlocked.Add(ref passed, filter.TryPass(out var _) ? 1 : 0));

        Assert.Equal(1, passed);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(filter.TryPass(out var suppressed));
        Assert.Equal(999, suppressed);
    }
}
