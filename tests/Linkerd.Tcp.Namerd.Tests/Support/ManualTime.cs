namespace Linkerd.Tcp.Namerd;

/// <summary>
/// A clock that the test moves, and that knows which timers run: so a test can wait for a delay to begin, look at it, and end it. Not a FakeTimeProvider: that
/// can lose a timer that another thread starts while the clock moves.
/// </summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _running = [];
    private TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _now = TimeSpan.FromDays(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _now.Ticks;
        }
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock, and runs what is due.</summary>
    public void Advance(TimeSpan by)
    {
        lock (_lock)
        {
            _now += by;
        }

        while (TakeDue() is { } due)
        {
            due.Callback();
        }
    }

    /// <summary>Waits until a timer runs that was set to between these, and returns what it was set to.</summary>
    public Task<TimeSpan> WaitForTimerAsync(double fromSeconds, double toSeconds) => WaitForTimersAsync(fromSeconds, toSeconds, 1);

    /// <summary>Waits until so many timers run that were set to between these, and returns the longest.</summary>
    public async Task<TimeSpan> WaitForTimersAsync(double fromSeconds, double toSeconds, int count)
    {
        while (true)
        {
            Task started;
            lock (_lock)
            {
                var found = _running.FindAll(timer => IsBetween(timer.SetTo.TotalSeconds, fromSeconds, toSeconds));
                if (found.Count >= count)
                {
                    return count == 1 ? found[0].SetTo : found.Max(timer => timer.SetTo);
                }

                started = _started.Task;
            }

            await started.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Lets the time of such a timer pass, where one runs.</summary>
    public void PassTimer(double fromSeconds, double toSeconds)
    {
        TimeSpan by;
        lock (_lock)
        {
            by = _running.Find(timer => IsBetween(timer.SetTo.TotalSeconds, fromSeconds, toSeconds))?.SetTo ?? TimeSpan.Zero;
        }

        Advance(by);
    }

    /// <summary>Waits until such timers run, and lets the time of the longest pass.</summary>
    public async Task PassTimersAsync(double fromSeconds, double toSeconds, int count) =>
        Advance(await WaitForTimersAsync(fromSeconds, toSeconds, count));

    /// <summary>Waits until such a timer runs, and lets its time pass.</summary>
    public async Task<TimeSpan> PassTimerAsync(double fromSeconds, double toSeconds)
    {
        var due = await WaitForTimerAsync(fromSeconds, toSeconds);
        Advance(due);
        return due;
    }

    // Ten seconds sharp is the timeout of a request in flight, and never a jittered delay.
    private static bool IsBetween(double seconds, double from, double to) => seconds >= from && seconds <= to && (seconds != 10 || from == 10);

    private ManualTimer? TakeDue()
    {
        lock (_lock)
        {
            var due = _running.Find(timer => timer.At <= _now);
            _ = due is not null && _running.Remove(due);
            return due;
        }
    }

    private void Set(ManualTimer timer, TimeSpan dueTime)
    {
        TaskCompletionSource? started = null;
        lock (_lock)
        {
            _running.Remove(timer);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                (timer.SetTo, timer.At) = (dueTime, _now + dueTime);
                _running.Add(timer);
                started = _started;
                _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        started?.SetResult();
    }

    private sealed class ManualTimer(ManualTime time, Action callback) : ITimer
    {
        public Action Callback => callback;

        public TimeSpan SetTo { get; set; }

        public TimeSpan At { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time.Set(this, dueTime);
            return true;
        }

        public void Dispose() => time.Set(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
