using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>
/// The one watch of a directory: begun when the directory appears, and again when another one has taken its place. Where it cannot be had, or is not
/// complete, the places are looked at instead. Guarded by the lock of its <see cref="FileTree"/>; events come from any thread.
/// </summary>
internal sealed partial class FileTreeWatch(string directory, IFileSystem files, FileNamerOptions options, Action changed)
{
    // Watching a large directory takes long, and what kept it from working seldom goes away.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    private IDisposable? _watch;
    private (ulong Device, ulong Inode, long Born) _watched;
    private volatile bool _isIncomplete;
    private bool _isReported;
    private long _began;

    /// <summary>Whether every change in the directory is told, as far as the system tells.</summary>
    public bool IsComplete => _watch is not null && !_isIncomplete;

    /// <summary>Begins to watch where that is to be done; whether it has begun anew, so that everything must be looked at.</summary>
    public bool Check()
    {
        var stamp = files.Stat(directory);
        var identity = (stamp.Device, stamp.Inode, stamp.Born);
        var isGone = stamp.Kind != FileKind.Directory;
        if (_watch is not null && !isGone && identity == _watched && !_isIncomplete)
        {
            return false;
        }

        var isSame = !isGone && identity == _watched;
        if (isGone || (isSame && _isIncomplete && options.TimeProvider.GetElapsedTime(_began) < RetryInterval))
        {
            if (isGone)
            {
                Stop();
            }

            return false;
        }

        Stop();
        _watched = identity;
        _began = options.TimeProvider.GetTimestamp();
        _isIncomplete = false;
        try
        {
            _watch = files.Watch(directory, changed, Fail);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or PlatformNotSupportedException)
        {
            Fail(e);
        }

        return true;
    }

    public void Stop()
    {
        _watch?.Dispose();
        _watch = null;
        _watched = default;
        _isIncomplete = false;
    }

    private void Fail(Exception problem)
    {
        // Events were lost, and only that: everything is looked at.
        if (problem is not InternalBufferOverflowException)
        {
            _isIncomplete = true;
            if (!_isReported)
            {
                _isReported = true;
                Log.WatchFailed(options.Logger, directory, problem.Message, options.PollInterval.TotalSeconds);
            }
        }

        changed();
    }

    private static partial class Log
    {
        [LoggerMessage(2085, LogLevel.Warning, "The directory {Directory} cannot be watched ({Error}): its files are looked at every {Interval:0.###} s instead", EventName = "FileWatchFailed")]
        public static partial void WatchFailed(ILogger logger, string directory, string error, double interval);
    }
}
