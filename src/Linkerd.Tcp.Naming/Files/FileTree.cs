using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>
/// Represents the places of a directory that names lead to. One watch serves them all, and reports only that a change occurred: then, and periodically, each
/// place is examined. Its content is applied after it has been unchanged for a time, so that a partly written file is not used.
/// Observes nothing while it has no observer. Any thread.
/// </summary>
internal sealed class FileTree
{
    // Events come in bursts. Their handling may take a tenth of the time at most, for any number of places.
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10);
    private const int PausePerScan = 10;

    private readonly string _directory;
    private readonly FileNamerOptions _options;
    private readonly FileVisitor _visitor;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly HashSet<FileObserver> _observers = [];
    private readonly HashSet<FileNode> _nodes = [];
    private readonly HashSet<FileNode> _unsettled = [];
    private readonly FileTreeWatch _watch;
    private FileNode _root;
    private ITimer? _timer;
    private long _lastScan;
    private long _lastPoll;
    private TimeSpan _pause;
    private bool _asked;

    /// <param name="directory">The directory.</param>
    /// <param name="options">The options, a private copy of the namer.</param>
    /// <param name="files">The file system of the directory.</param>
    public FileTree(string directory, FileNamerOptions options, IFileSystem files)
    {
        _directory = directory;

        // On a timer's thread, an exception of a logging provider would end the process.
        options.Logger = LoggerGuard.Guard(options.Logger);
        _options = options;
        _visitor = new FileVisitor(options, files);
        _time = options.TimeProvider;
        _watch = new FileTreeWatch(directory, files, options, Ask);
        _root = new FileNode(null, string.Empty, directory);
    }

    /// <summary>Begins to observe the target of a name. All state that is available without a wait is known when the method returns.</summary>
    public FileObserver Observe(IReadOnlyList<string?> labels, bool withContent, Action changed)
    {
        lock (_lock)
        {
            var observer = new FileObserver(this, labels, withContent, changed);
            if (_observers.Count == 0)
            {
                Start();
            }

            _observers.Add(observer);
            observer.Refresh(isFirst: true);
            Schedule();
            return observer;
        }
    }

    public void Remove(FileObserver observer)
    {
        lock (_lock)
        {
            if (!_observers.Remove(observer))
            {
                return;
            }

            observer.Forget();
            if (_observers.Count == 0)
            {
                Stop();
            }
        }
    }

    /// <summary>Returns the nodes along a name, from the root to a file, or to the last node that can be followed. The caller holds the lock.</summary>
    public List<FileNode> Follow(IReadOnlyList<string?> labels)
    {
        var node = _root;
        node.Users++;
        List<FileNode> way = [node];
        while (node.State.Kind == FileKind.Directory && way.Count <= labels.Count && labels[way.Count - 1] is { } name)
        {
            if (!node.Children.TryGetValue(name, out var child))
            {
                child = new FileNode(node, name, Path.Join(node.Path, name));
                node.Children.Add(name, child);
                Enter(child);
            }

            node = child;
            node.Users++;
            way.Add(node);
        }

        return way;
    }

    /// <summary>Releases nodes. The caller holds the lock.</summary>
    public void Release(List<FileNode> way)
    {
        foreach (var node in way)
        {
            node.Users--;
            if (node.Users == 0 && node.Parent is { } parent)
            {
                parent.Children.Remove(node.Name);
                _nodes.Remove(node);
                _unsettled.Remove(node);
            }
        }
    }

    private void Start()
    {
        // The watch starts before the places are examined: it then reports later changes.
        _watch.Check();
        _root = new FileNode(null, string.Empty, _directory);
        _lastPoll = _lastScan = _time.GetTimestamp();
        _timer = _time.CreateTimer(static tree => ((FileTree)tree!).Scan(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Enter(_root);
    }

    private void Stop()
    {
        _timer?.Dispose();
        _timer = null;
        _watch.Stop();
        _nodes.Clear();
        _unsettled.Clear();
    }

    private void Enter(FileNode node)
    {
        _nodes.Add(node);
        Look(node, isNew: true);
    }

    private bool Look(FileNode node, bool isNew)
    {
        var hasChanged = _visitor.Visit(node, isNew);
        if (node.Candidate is null)
        {
            _unsettled.Remove(node);
        }
        else
        {
            _unsettled.Add(node);
        }

        return hasChanged;
    }

    // Called when a change occurred in the directory.
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
        delay = Min(delay, _options.RescanInterval - Since(_lastScan, now));
        delay = _asked ? Min(delay, _pause - Since(_lastScan, now)) : delay;
        foreach (var node in _unsettled)
        {
            // A candidate that may not be applied in spite of its age is examined again after a pause.
            var settled = Min(_options.SettleTime - Since(node.CandidateSince, now), _options.MaxSettleTime - Since(node.ChangedSince, now));
            delay = Min(delay, settled > MinPause ? settled : MinPause);
        }

        // Timers count milliseconds, and must not fire early.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(delay.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    private bool IsPolled(FileNode node) => !_watch.IsComplete || node.IsBehindLink || node.IsUnread || node == _root;

    private TimeSpan Since(long then, long now) => _time.GetElapsedTime(then, now);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
