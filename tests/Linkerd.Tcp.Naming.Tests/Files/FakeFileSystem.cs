using System.Text;
using Linkerd.Tcp.Naming.Files;

namespace Linkerd.Tcp.Naming.Tests.Files;

/// <summary>Files in memory below <c>/files</c>. Nothing tells of a change unless <see cref="Tell"/> is called.</summary>
internal sealed class FakeFileSystem(TimeProvider time) : IFileSystem
{
    public const string Root = "/files";
    private readonly Dictionary<string, FileStamp> _entries = new() { [Root] = new FileStamp(FileKind.Directory) { Inode = 1 } };
    private readonly Dictionary<string, byte[]> _contents = [];
    private readonly HashSet<string> _unreadable = [];
    private ulong _inode = 1;
    private Action? _changed;
    private Action<Exception>? _failed;

    /// <summary>How many watches were begun.</summary>
    public int Watches { get; private set; }

    public bool IsWatched => _changed is not null;

    public int Stats { get; private set; }

    public int Reads { get; private set; }

    /// <summary>What a watch throws that is to begin.</summary>
    public Exception? WatchProblem { get; set; }

    /// <summary>Is called in a read, after the content was taken.</summary>
    public Action? InRead { get; set; }

    /// <summary>Writes a file, as a new one or in its place.</summary>
    public void Write(string name, string content, bool inPlace = true, TimeSpan age = default)
    {
        var path = PathOf(name);
        _contents[path] = Encoding.UTF8.GetBytes(content);
        var inode = inPlace && _entries.TryGetValue(path, out var before) ? before.Inode : ++_inode;
        _entries[path] = new FileStamp(FileKind.File)
        {
            Length = content.Length,
            Inode = inode,
            Modified = time.GetUtcNow() - age,
            Changed = time.GetUtcNow().UtcTicks,
        };
    }

    public void MakeDirectory(string name) => _entries[PathOf(name)] = new FileStamp(FileKind.Directory) { Inode = ++_inode };

    public void Delete(string name)
    {
        foreach (var path in _entries.Keys.Where(path => path == PathOf(name) || path.StartsWith(PathOf(name) + "/", StringComparison.Ordinal)).ToList())
        {
            _entries.Remove(path);
        }
    }

    public void Break(string name, string error) => _entries[PathOf(name)] = new FileStamp(FileKind.Broken) { Error = error };

    public void SetReadable(string name, bool readable) => _ = readable ? _unreadable.Remove(PathOf(name)) : _unreadable.Add(PathOf(name));

    /// <summary>Tells the watch that something happened.</summary>
    public void Tell() => _changed?.Invoke();

    public void FailWatch(Exception problem) => _failed?.Invoke(problem);

    public FileStamp Stat(string path)
    {
        Stats++;
        return _entries.GetValueOrDefault(path, new FileStamp(FileKind.Missing));
    }

    public byte[] Read(string path, int maxBytes)
    {
        Reads++;
        var content = _unreadable.Contains(path) ? throw new UnauthorizedAccessException("not for you") : _contents[path];
        InRead?.Invoke();
        return content.Length > maxBytes ? content[..maxBytes] : content;
    }

    public IDisposable Watch(string directory, Action changed, Action<Exception> failed)
    {
        if (WatchProblem is not null)
        {
            throw WatchProblem;
        }

        Watches++;
        (_changed, _failed) = (changed, failed);
        return new Registration(this, changed);
    }

    private static string PathOf(string name) => name.Length == 0 ? Root : $"{Root}/{name}";

    private sealed class Registration(FakeFileSystem files, Action changed) : IDisposable
    {
        public void Dispose()
        {
            if (ReferenceEquals(files._changed, changed))
            {
                files._changed = null;
            }
        }
    }
}
