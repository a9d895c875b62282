namespace Linkerd.Tcp.Infrastructure;

/// <summary>
/// Polls files, once a second, and calls a function when they have changed and have been written whole: within 2 s. Symbolic links are followed, so that another target is a change, as with the files
/// of Kubernetes. Members may be called from any thread. For the packages of this project; it may change in any version.
/// </summary>
public sealed class FileChangeWatch : IDisposable
{
    private readonly FileChangeDetector _detector;
    private readonly Action _changed;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private bool _isDisposed;

    /// <summary>Begins to watch files, from their present state.</summary>
    /// <param name="paths">The paths.</param>
    /// <param name="changed">Called on a thread of the clock for each change; must not block or throw.</param>
    /// <param name="timeProvider">The clock. Default: the system's.</param>
    public FileChangeWatch(IReadOnlyList<string> paths, Action changed, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(changed);
        timeProvider ??= TimeProvider.System;
        _changed = changed;
        _detector = new FileChangeDetector([.. paths.Select(Path.GetFullPath)], timeProvider);
        _detector.BeginLoad();
        _timer = timeProvider.CreateTimer(static watch => ((FileChangeWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(FileChangeDetector.PollInterval, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        _timer.Dispose();
    }

    private void Look()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            if (_detector.Poll())
            {
                // Before the call: what changes while the files are read is another change.
                _detector.BeginLoad();
                _changed();
            }

            _timer.Change(_detector.IsSettling ? FileChangeDetector.SettleInterval : FileChangeDetector.PollInterval, Timeout.InfiniteTimeSpan);
        }
    }
}
