using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>
/// The places of a directory that names lead to. One watch serves them all, and only says that something happened: then, and every now and then, each
/// place is looked at. What is found there is applied when it has stayed the same for a while, so that half a file is not taken for the whole.
/// Observes nothing while it has no observer. Any thread.
/// </summary>
internal sealed partial class FileTree
{
    private readonly string _directory;
    private readonly FileNamerOptions _options;
    private readonly IFileSystem _files;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly HashSet<FileObserver> _observers = [];
    private readonly HashSet<FileNode> _nodes = [];
    private readonly HashSet<FileNode> _unsettled = [];
    private readonly FileTreeWatch _watch;
    private FileNode _root;
    private ITimer? _timer;

    /// <param name="directory">The directory.</param>
    /// <param name="options">The namer's own copy.</param>
    /// <param name="files">Where the directory is.</param>
    public FileTree(string directory, FileNamerOptions options, IFileSystem files)
    {
        _directory = directory;

        // On a timer's thread a provider that throws would end the process.
        options.Logger = LoggerGuard.Guard(options.Logger);
        _options = options;
        _files = files;
        _time = options.TimeProvider;
        _watch = new FileTreeWatch(directory, files, options, Ask);
        _root = new FileNode(null, string.Empty, directory);
    }

    /// <summary>Begins to observe where a name leads. What can be known without waiting is known when this returns.</summary>
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

    /// <summary>The nodes that a name leads along, from the root to a file, or to where it cannot go on. The caller holds the lock.</summary>
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

    /// <summary>Gives nodes up. The caller holds the lock.</summary>
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
        // Before anything is looked at: what happens in between is then told.
        _watch.Check();
        _root = new FileNode(null, string.Empty, _directory);
        _lastPoll = _lastScan = _time.GetTimestamp();
        _timer = _time.CreateTimer(static tree => ((FileTree)tree!).Scan(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Enter(_root);
        if (_root.State.Kind == FileKind.Missing)
        {
            Log.DirectoryMissing(_options.Logger, _directory);
        }
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
}
