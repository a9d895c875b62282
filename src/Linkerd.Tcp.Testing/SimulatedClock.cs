namespace Linkerd.Tcp.Testing;

/// <summary>The scheduler's virtual time. It begins at midnight of 1 January 2030, UTC.</summary>
internal sealed class SimulatedClock(SimulatedScheduler scheduler) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => scheduler.NowTicks;

    public override DateTimeOffset GetUtcNow() => Epoch.AddTicks(scheduler.NowTicks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new SimulatedTimer(scheduler, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}
