namespace Linkerd.Tcp.Naming.Files;

/// <summary>When places are looked at: after an event, while something has not settled, and every now and then.</summary>
internal sealed partial class FileTree
{
    // Events come in bursts. They may take a tenth of the time at most, however many places there are.
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);
    private const int PausePerScan = 10;

    private long _lastScan;
    private long _lastPoll;
    private TimeSpan _pause;
    private bool _asked;

    // Something happened in the directory.
    private void Ask()
    {
        lock (_lock)
        {
            if (!_asked)
            {
                _asked = true;
                Schedule();
            }
        }
    }

    private void Scan()
    {
        lock (_lock)
        {
            if (_timer is null)
            {
                return;
            }

            var start = _time.GetTimestamp();
            var isPoll = _asked || Since(_lastPoll, start) >= _options.PollInterval;
            if (isPoll)
            {
                _lastPoll = start;
                _asked |= _watch.Check();
            }

            var isFull = _asked || Since(_lastScan, start) >= _options.RescanInterval;
            if (isFull)
            {
                _asked = false;
                _lastScan = start;
            }

            var isAny = false;
            foreach (var node in _nodes)
            {
                if (isFull || node.Candidate is not null || (isPoll && IsPolled(node)))
                {
                    isAny |= Look(node, isNew: false);
                }
            }

            if (isAny)
            {
                foreach (var observer in _observers)
                {
                    observer.Refresh(isFirst: false);
                }
            }

            _pause = PausePerScan * Since(start, _time.GetTimestamp());
            _pause = _pause > MinPause ? _pause : MinPause;
            Schedule();
        }
    }

    private void Schedule()
    {
        if (_timer is null)
        {
            return;
        }

        var now = _time.GetTimestamp();
        var delay = _options.PollInterval - Since(_lastPoll, now);
        delay = Least(delay, _options.RescanInterval - Since(_lastScan, now));
        delay = _asked ? Least(delay, _pause - Since(_lastScan, now)) : delay;
        foreach (var node in _unsettled)
        {
            // A candidate that may not be applied in spite of its age is looked at again after a pause.
            var settled = Least(_options.SettleTime - Since(node.CandidateSince, now), _options.MaxSettleTime - Since(node.ChangedSince, now));
            delay = Least(delay, settled > MinPause ? settled : MinPause);
        }

        // Timers count milliseconds, and must not ring before the time.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(delay.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    private bool IsPolled(FileNode node) => !_watch.IsComplete || node.IsBehindLink || node.IsUnread || node == _root;

    private TimeSpan Since(long then, long now) => _time.GetElapsedTime(then, now);

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
