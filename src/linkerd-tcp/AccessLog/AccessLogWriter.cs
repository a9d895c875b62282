using Linkerd.Tcp.Cli.Streams;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Sessions;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>
/// Writes what is queued, on a thread of its own. If the target cannot be written, what is queued waits and the target is tried again every second, from the byte at which it stopped; meanwhile the queue
/// fills, then drops. Members other than the thread's may be called from any thread.
/// </summary>
internal sealed partial class AccessLogWriter : IDisposable
{
    // Records that come within this time are one write, and one wake-up of this thread.
    private static readonly TimeSpan BatchDelay = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    // A reader that takes nothing is no reason not to end.
    private static readonly TimeSpan MaxFlush = TimeSpan.FromSeconds(1.5);

    // Records of a log that was replaced do not wait for ever.
    private static readonly TimeSpan RetiredPatience = TimeSpan.FromMinutes(1);

    private readonly RecordQueue _queue;
    private readonly AccessLogCounts _counts;
    private readonly string _name;
    private readonly Func<LogTarget> _open;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly RepeatFilter _failureFilter;
    private readonly RepeatFilter _dropFilter;
    private readonly RecordBatch _batch = new();
    private readonly Thread _thread;
    private LogTarget _target;
    private PeriodicRecords? _periodic;
    private long _droppedTold;
    private long _checkedAt;
    private bool _isFailing;
    private bool _isBlocked;
    private bool _isDeleted;
    private volatile bool _isReopening;
    private volatile bool _isLast;
    private long _retiredAt;

    /// <summary>Opens the target, and starts.</summary>
    /// <param name="queue">The records.</param>
    /// <param name="name">The name of the target in messages.</param>
    /// <param name="open">Opens the target.</param>
    /// <param name="counts">The counts of the process.</param>
    /// <param name="logger">The logger of failures.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="IOException">The target cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The target cannot be opened.</exception>
    public AccessLogWriter(RecordQueue queue, string name, Func<LogTarget> open, AccessLogCounts counts, ILogger logger, TimeProvider timeProvider)
    {
        _queue = queue;
        _counts = counts;
        _name = name;
        _open = open;
        _logger = logger;
        _timeProvider = timeProvider;
        _failureFilter = new RepeatFilter(timeProvider);
        _dropFilter = new RepeatFilter(timeProvider);
        _target = open();
        _checkedAt = timeProvider.GetTimestamp();
        _thread = new Thread(Run) { IsBackground = true, Name = "access log" };
        _thread.Start();
    }

    /// <summary>True if it was retired and has ended.</summary>
    public bool HasEnded => !_thread.IsAlive;

    private bool HasRest => _batch.Written < _batch.Count || !_queue.IsEmpty;

    /// <summary>Opens the target again, once what is queued is written.</summary>
    public void Reopen()
    {
        _isReopening = true;
        _queue.Wake();
    }

    /// <summary>Records the sessions that run, each time an interval has passed.</summary>
    /// <param name="interval">The interval; <see cref="Timeout.InfiniteTimeSpan"/> for no such records.</param>
    /// <param name="sessions">Returns the sessions.</param>
    /// <param name="add">Adds a record to the queue.</param>
    public void Repeat(TimeSpan interval, Func<IEnumerable<SessionRecord>> sessions, Action<SessionRecord> add)
    {
        Volatile.Write(ref _periodic, interval == Timeout.InfiniteTimeSpan ? null : new(interval, sessions, add, _timeProvider));
        _queue.Wake();
    }

    /// <summary>Takes no records any more, and ends once those that are queued are written, or after a minute. Does not wait.</summary>
    public void Retire()
    {
        Volatile.Write(ref _periodic, null);
        Volatile.Write(ref _retiredAt, _timeProvider.GetTimestamp());
        _queue.Close();
    }

    /// <summary>Waits until the queued records are written, for a moment at most.</summary>
    public void Dispose()
    {
        _isLast = true;
        _queue.Wake();
        _thread.Join(MaxFlush);
    }

    private void Run()
    {
        while (true)
        {
            _queue.Wait(_isBlocked ? TimeSpan.Zero : _isFailing ? RetryDelay : Volatile.Read(ref _periodic)?.Left ?? Timeout.InfiniteTimeSpan);
            if (!_isReopening && !_isLast && !_queue.IsHalfFull)
            {
                _queue.Wait(BatchDelay);
            }

            var (isLast, isRetired) = (_isLast, _queue.IsClosed);
            TryOpenAgain();
            Flush();
            if (Volatile.Read(ref _periodic) is { IsDue: true } periodic)
            {
                Report(periodic);
            }

            if (isRetired && HasRest && _timeProvider.GetElapsedTime(Volatile.Read(ref _retiredAt)) >= RetiredPatience)
            {
                GiveUp();
            }

            TellDropped();
            if (isLast || (isRetired && !HasRest))
            {
                _target.Dispose();
                return;
            }
        }
    }

    // At a request, and if the file is gone.
    private void TryOpenAgain()
    {
        var isRequested = _isReopening;
        if (isRequested)
        {
            Flush();
        }
        else if (_timeProvider.GetElapsedTime(_checkedAt) < RetryDelay)
        {
            return;
        }

        _checkedAt = _timeProvider.GetTimestamp();
        _isDeleted = _target.IsDeleted;
        if (!isRequested && !_isDeleted)
        {
            return;
        }

        try
        {
            var target = _open();
            (_isReopening, _isDeleted) = (false, false);
            _target.Dispose();
            _target = target;
            Log.Opened(_logger, _name);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The file before stays in use, unless it was deleted: then records wait.
            Fail(error);
        }
    }

    private void Flush()
    {
        if (_isDeleted)
        {
            return;
        }

        try
        {
            while (_batch.Written < _batch.Count || _queue.TryTake(_batch))
            {
                var written = _target.Write(_batch.Rest);
                _isBlocked = written == 0;
                if (_isBlocked)
                {
                    return;
                }

                _batch.Written += written;
                if (_batch.Written == _batch.Count)
                {
                    _counts.AddWritten(_batch.Records);
                }
            }

            if (_isFailing && !_isReopening)
            {
                _isFailing = false;
                Log.Resumed(_logger, _name);
            }
        }
        catch (IOException error)
        {
            Fail(error);
        }
    }

    private void Fail(Exception error)
    {
        _isFailing = true;
        _counts.AddFailure();
        if (_failureFilter.TryPass(out var suppressed))
        {
            Log.Failed(_logger, _name, error.Message, suppressed);
        }
    }

    private void Report(PeriodicRecords periodic)
    {
        try
        {
            foreach (var record in periodic.Take())
            {
                periodic.Add(record);
                if (_queue.IsHalfFull)
                {
                    Flush();
                }
            }
        }
        catch (Exception error)
        {
            // A connection that may be user code: the thread must go on.
            Log.ReportFailed(_logger, error);
        }

        Flush();
    }

    private void GiveUp()
    {
        if (_batch.Written < _batch.Count)
        {
            _counts.AddDropped(_batch.Records);
            _droppedTold -= _batch.Records;
            _batch.Written = _batch.Count;
        }

        _queue.Clear();
    }

    private void TellDropped()
    {
        var dropped = _queue.Dropped;
        if (dropped != _droppedTold && _dropFilter.TryPass(out _))
        {
            Log.Dropped(_logger, _name, dropped - _droppedTold);
            _droppedTold = dropped;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(9201, LogLevel.Error, "the access log {Name} cannot be written: {Error}; it is tried again every second, and records wait until then or are dropped ({Suppressed} like this not shown)", EventName = "AccessLogFailed")]
        public static partial void Failed(ILogger logger, string name, string error, int suppressed);

        [LoggerMessage(9202, LogLevel.Information, "the access log {Name} is written again", EventName = "AccessLogResumed")]
        public static partial void Resumed(ILogger logger, string name);

        [LoggerMessage(9203, LogLevel.Information, "the access log {Name} was opened again", EventName = "AccessLogReopened")]
        public static partial void Opened(ILogger logger, string name);

        [LoggerMessage(9205, LogLevel.Error, "the sessions that run could not be recorded", EventName = "AccessLogReportFailed")]
        public static partial void ReportFailed(ILogger logger, Exception error);

        [LoggerMessage(9204, LogLevel.Warning, "{Dropped} records of the access log {Name} were dropped, as it is not written fast enough", EventName = "AccessLogDropped")]
        public static partial void Dropped(ILogger logger, string name, long dropped);
    }
}
