namespace Linkerd.Tcp.Infrastructure;

/// <summary>
/// Limits a warning that repeats: the first one passes, and then one in each period, with the number of those that were left out since.
/// Members may be called from any thread. For the packages of this project; it may change in any version.
/// </summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="period">The time in which one passes. Default: 10 s.</param>
public sealed class RepeatFilter(TimeProvider timeProvider, TimeSpan? period = null)
{
    private readonly TimeSpan _period = period ?? TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private long _last;
    private bool _any;
    private int _suppressed;

    /// <summary>Returns a value that indicates whether to log now.</summary>
    /// <param name="suppressed">The number of warnings that were left out since the last one that passed.</param>
    public bool TryPass(out int suppressed)
    {
        lock (_lock)
        {
            var now = timeProvider.GetTimestamp();
            if (_any && timeProvider.GetElapsedTime(_last, now) < _period)
            {
                _suppressed++;
                suppressed = 0;
                return false;
            }

            _any = true;
            _last = now;
            suppressed = _suppressed;
            _suppressed = 0;
            return true;
        }
    }
}
