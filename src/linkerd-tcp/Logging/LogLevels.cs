using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Linkerd.Tcp.Cli.Logging;

/// <summary>The filter of log messages in force, which can be changed while the process runs, also for a time. Loggers follow it. Any thread.</summary>
internal sealed class LogLevels : IOptionsMonitor<LoggerFilterOptions>, IDisposable
{
    private readonly Lock _lock = new();
    private readonly LogDirectives _initial;
    private readonly TimeProvider _timeProvider;
    private volatile LogDirectives _current;
    private Action<LoggerFilterOptions, string?>? _changed;
    private ITimer? _timer;

    /// <param name="initial">The directives of the start, which come back after a change for a time.</param>
    /// <param name="timeProvider">The clock.</param>
    public LogLevels(LogDirectives initial, TimeProvider timeProvider) => (_initial, _current, _timeProvider) = (initial, initial, timeProvider);

    /// <summary>Gets the directives in force.</summary>
    public LogDirectives Current => _current;

    /// <summary>Gets the time at which those of the start come back; null if that is not planned.</summary>
    public DateTimeOffset? Until { get; private set; }

    LoggerFilterOptions IOptionsMonitor<LoggerFilterOptions>.CurrentValue => _current.ToFilterOptions();

    /// <summary>Changes the directives.</summary>
    /// <param name="directives">The new ones; null for those of the start.</param>
    /// <param name="time">The time after which those of the start come back; null if they do not.</param>
    public void Set(LogDirectives? directives, TimeSpan? time)
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
            Until = null;
            if (directives is not null && time is { } duration)
            {
                Until = _timeProvider.GetUtcNow() + duration;
                _timer = _timeProvider.CreateTimer(static levels => ((LogLevels)levels!).Set(null, null), this, duration, Timeout.InfiniteTimeSpan);
            }

            _current = directives ?? _initial;
            _changed?.Invoke(_current.ToFilterOptions(), null);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    LoggerFilterOptions IOptionsMonitor<LoggerFilterOptions>.Get(string? name) => _current.ToFilterOptions();

    IDisposable? IOptionsMonitor<LoggerFilterOptions>.OnChange(Action<LoggerFilterOptions, string?> listener)
    {
        lock (_lock)
        {
            _changed += listener;
        }

        return new Registration(this, listener);
    }

    private sealed class Registration(LogLevels levels, Action<LoggerFilterOptions, string?> listener) : IDisposable
    {
        public void Dispose()
        {
            lock (levels._lock)
            {
                levels._changed -= listener;
            }
        }
    }
}
