using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>
/// Represents the one watch of a directory. It starts when the directory appears, and again when another directory has replaced it. If it fails, or is not
/// complete, the places are polled instead. Guarded by the lock of its <see cref="FileTree"/>; events come on any thread.
/// </summary>
internal sealed partial class FileTreeWatch(string directory, IFileSystem files, FileNamerOptions options, Action changed)
{
    // Watching a large directory takes long, and the cause of a failure is seldom removed soon.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    private IDisposable? _watch;
    private (ulong Device, ulong Inode, long Born) _watched;
    private volatile bool _isIncomplete;
    private bool _isReported;
    private long _began;

    /// <summary>Gets a value that indicates whether every change in the directory is reported, as far as the system reports changes.</summary>
    public bool IsComplete => _watch is not null && !_isIncomplete;

    /// <summary>Starts the watch if that is necessary; returns true if it was started, so that all places must be examined.</summary>
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
        // Only events were lost: all places are examined.
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
