using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.TestUtilities.Resolving;

/// <summary>A fake clock that tells which timers were set: a test knows that somebody waits before it moves the time on.</summary>
public sealed class TimerLog : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>When the next timer that was set is due.</summary>
    public async Task<TimeSpan> NextAsync() =>
        await _timers.Reader.ReadAsync(CancellationToken.None).AsTask().WaitAsync(ResolverWatch.Patience);

    /// <summary>Waits for the next timer to be set, does something while all is still, and moves the time on to when the timer is due.</summary>
    public async Task<TimeSpan> RunNextAsync(Action? before = null)
    {
        var dueTime = await NextAsync();
        before?.Invoke();
        Advance(dueTime);
        return dueTime;
    }
}
