namespace Linkerd.Tcp.Infrastructure;

/// <summary>
/// Detects that files have changed and have been written whole: they are the same in two polls, or have kept changing for <see cref="MaxSettleTime"/>. For one thread at a time.
/// </summary>
internal sealed class FileChangeDetector(IReadOnlyList<string> paths, TimeProvider timeProvider)
{
    /// <summary>The time between two polls while nothing changes.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>The time between two polls while files are being written.</summary>
    public static readonly TimeSpan SettleInterval = TimeSpan.FromSeconds(0.5);

    /// <summary>The time from the first poll that sees a change to the load. With <see cref="PollInterval"/> before it, a change is in use after 2 s.</summary>
    public static readonly TimeSpan MaxSettleTime = TimeSpan.FromSeconds(1);

    private FileFingerprint[] _loaded = [];
    private FileFingerprint[] _last = [];
    private long _since;

    /// <summary>Gets whether a change has been seen that is not loaded yet.</summary>
    public bool IsSettling { get; private set; }

    /// <summary>Looks at the files.</summary>
    /// <returns>Whether they are to be loaded now.</returns>
    public bool Poll()
    {
        var now = Look();
        if (now.AsSpan().SequenceEqual(_loaded))
        {
            IsSettling = false;
            return false;
        }

        var isStable = IsSettling && now.AsSpan().SequenceEqual(_last);
        _last = now;
        if (!IsSettling)
        {
            IsSettling = true;
            _since = timeProvider.GetTimestamp();
            return false;
        }

        return isStable || timeProvider.GetElapsedTime(_since) >= MaxSettleTime;
    }

    /// <summary>Called before the files are read.</summary>
    public void BeginLoad()
    {
        _loaded = Look();
        IsSettling = false;
    }

    /// <summary>Returns whether the files have changed while they were read.</summary>
    public bool HasChangedSinceLoad() => !Look().AsSpan().SequenceEqual(_loaded);

    private FileFingerprint[] Look() => [.. paths.Select(FileFingerprint.Of)];
}
