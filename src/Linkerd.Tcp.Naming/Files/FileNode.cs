namespace Linkerd.Tcp.Naming.Files;

/// <summary>A place of the directory that somebody looks at. Guarded by the lock of its <see cref="FileTree"/>.</summary>
internal sealed class FileNode(FileNode? parent, string name, string path)
{
    public FileNode? Parent { get; } = parent;

    /// <summary>Its name in its parent.</summary>
    public string Name { get; } = name;

    public string Path { get; } = path;

    public Dictionary<string, FileNode> Children { get; } = [];

    /// <summary>How many observers' names lead here.</summary>
    public int Users { get; set; }

    /// <summary>What is taken to be here.</summary>
    public FileState State { get; set; } = FileState.Unknown;

    /// <summary>The stamp of what <see cref="State"/> was made of.</summary>
    public FileStamp Applied { get; set; }

    /// <summary>What is here now, where that is something else: it is applied when it has stayed so for a while.</summary>
    public FileStamp? Candidate { get; set; }

    /// <summary>Since when the candidate has been here.</summary>
    public long CandidateSince { get; set; }

    /// <summary>Since when something other than what was applied has been here.</summary>
    public long ChangedSince { get; set; }

    /// <summary>Whether a symbolic link leads here: a watch of the directory need not notice what happens behind it.</summary>
    public bool IsBehindLink { get; set; }

    /// <summary>Whether reading it failed: no change of the file need come before that works again.</summary>
    public bool IsUnread { get; set; }
}
