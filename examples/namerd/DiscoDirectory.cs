using Linkerd.Tcp.TestUtilities;

namespace NamerdStandInExample;

/// <summary>
/// Keeps the files of the stand-in what the files of a directory are. The watcher says when to look, and once a second it looks anyway, as watchers miss things.
/// Write a file beside it and rename it into its place: one that is written in place may be read when it is half there, here as by namerd.
/// </summary>
internal sealed class DiscoDirectory : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly NamerdStandIn _namerd;
    private readonly FileSystemWatcher _watcher;
    private readonly Timer _timer;
    private Dictionary<string, string> _files = [];

    public DiscoDirectory(string path, NamerdStandIn namerd)
    {
        Path = System.IO.Path.GetFullPath(path);
        _namerd = namerd;
        _watcher = new FileSystemWatcher(Path) { IncludeSubdirectories = true };
        _watcher.Changed += (_, _) => Look();
        _watcher.Created += (_, _) => Look();
        _watcher.Deleted += (_, _) => Look();
        _watcher.Renamed += (_, _) => Look();
        _watcher.EnableRaisingEvents = true;
        Look();
        _timer = new Timer(_ => Look(), null, Interval, Interval);
    }

    public string Path { get; }

    public void Dispose()
    {
        _timer.Dispose();
        _watcher.Dispose();
    }

    private void Look()
    {
        lock (_lock)
        {
            var files = Read();
            foreach (var name in _files.Keys.Except(files.Keys))
            {
                _namerd.SetFile(name, null);
            }

            foreach (var (name, text) in files.Where(file => _files.GetValueOrDefault(file.Key) != file.Value))
            {
                _namerd.SetFile(name, text);
            }

            _files = files;
        }
    }

    private Dictionary<string, string> Read()
    {
        var files = new Dictionary<string, string>();
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            try
            {
                files[System.IO.Path.GetRelativePath(Path, file).Replace('\\', '/')] = File.ReadAllText(file);
            }
            catch (IOException)
            {
                // Gone since it was listed.
                continue;
            }
        }

        return files;
    }
}
