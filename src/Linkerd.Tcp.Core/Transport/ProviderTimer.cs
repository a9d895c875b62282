namespace Linkerd.Tcp.Transport;

/// <summary>A connection's timer over the <see cref="TimeProvider"/>: one timer object, made when it is first armed.</summary>
/// <param name="executor">Provides the clock and the logger.</param>
/// <param name="connection">The connection, which is reset if a handler throws.</param>
internal sealed class ProviderTimer(ThreadPoolExecutor executor, TransportConnection connection) : TransportTimer, IDisposable
{
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private ITimerHandler? _handler;
    private TimeSpan _dueTime;
    private long _armedAt;
    private bool _disposed;

    // A clock that is set by a test is late by a jump, and no thread is behind.
    internal override bool MayOvertakeReceives => executor.TimeProvider == TimeProvider.System;

    public override void Arm(TimeSpan dueTime, ITimerHandler handler)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _handler = handler;
            _dueTime = dueTime;
            _armedAt = executor.TimeProvider.GetTimestamp();
            var due = RoundUp(dueTime);
            if (_timer is null)
            {
                using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
                {
                    _timer = executor.TimeProvider.CreateTimer(static state => ((ProviderTimer)state!).OnDue(), this, due, Timeout.InfiniteTimeSpan);
                }
            }
            else
            {
                _timer.Change(due, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public override void Disarm()
    {
        lock (_lock)
        {
            _handler = null;
            _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _handler = null;
            _timer?.Dispose();
            _timer = null;
        }
    }

    // Timers count whole milliseconds.
    private static TimeSpan RoundUp(TimeSpan span) => TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(span.TotalMilliseconds) + 1, int.MaxValue));

    private void OnDue()
    {
        ITimerHandler? handler;
        lock (_lock)
        {
            // The system's timers run on a coarser clock and are early by up to a tick of it; and one that was armed before may fire late.
            var left = _dueTime - executor.TimeProvider.GetElapsedTime(_armedAt);
            if (_handler is not null && left > TimeSpan.Zero)
            {
                _timer?.Change(RoundUp(left), Timeout.InfiniteTimeSpan);
                return;
            }

            handler = _handler;
            _handler = null;
        }

        try
        {
            handler?.OnTimer();
        }
        catch (Exception error)
        {
            // On a timer's thread, an unhandled exception ends the process.
            TransportLog.TimerHandlerThrew(executor.Logger, error);
            connection.Abort();
        }
    }
}
