namespace Linkerd.Tcp.Naming.Files;

/// <summary>One observation of where a name leads in a <see cref="FileTree"/>, until it is disposed. Any thread.</summary>
/// <param name="tree">The tree.</param>
/// <param name="labels">The labels as names of files; those after a file's are not used.</param>
/// <param name="withContent">Whether what the file says is of interest, or only that there is a file.</param>
/// <param name="changed">Is called after each change of <see cref="Current"/> that is of interest.</param>
internal sealed class FileObserver(FileTree tree, IReadOnlyList<string?> labels, bool withContent, Action changed) : IDisposable
{
    private volatile FileSlot _current = new(FileState.Unknown, 0);
    private List<FileNode> _way = [];

    /// <summary>Where the name leads now.</summary>
    public FileSlot Current => _current;

    /// <summary>Follows the name anew; the first time, nobody need be told. The caller holds the lock of the tree.</summary>
    public void Refresh(bool isFirst)
    {
        var before = _way;
        _way = tree.Follow(labels);
        tree.Release(before);
        var next = new FileSlot(_way[^1].State, _way.Count - 1);
        var last = _current;
        _current = next;
        if (!isFirst && (withContent ? next != last : !next.IsSamePlace(last)))
        {
            changed();
        }
    }

    /// <summary>Gives the nodes up. The caller holds the lock of the tree.</summary>
    public void Forget()
    {
        tree.Release(_way);
        _way = [];
    }

    public void Dispose() => tree.Remove(this);
}
