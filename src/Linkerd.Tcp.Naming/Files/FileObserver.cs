namespace Linkerd.Tcp.Naming.Files;

/// <summary>One observation of the place of a name in a <see cref="FileTree"/>, until it is disposed. Any thread.</summary>
/// <param name="tree">The tree.</param>
/// <param name="labels">The labels as names of files; those after a file's are not used.</param>
/// <param name="withContent">True if the content of the file is of interest, rather than only its existence.</param>
/// <param name="changed">Called after each change of <see cref="Current"/> that is of interest.</param>
internal sealed class FileObserver(FileTree tree, IReadOnlyList<string?> labels, bool withContent, Action changed) : IDisposable
{
    private volatile FileSlot _current = new(FileState.Unknown, 0);
    private List<FileNode> _way = [];

    /// <summary>The current place of the name.</summary>
    public FileSlot Current => _current;

    /// <summary>Follows the name again; the first time without a notification. The caller holds the lock of the tree.</summary>
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
