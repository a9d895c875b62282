namespace Linkerd.Tcp.Naming.Files;

/// <summary>A place of the directory that is observed. Guarded by the lock of its <see cref="FileTree"/>.</summary>
internal sealed class FileNode(FileNode? parent, string name, string path)
{
    public FileNode? Parent { get; } = parent;

    /// <summary>Its name in its parent.</summary>
    public string Name { get; } = name;

    public string Path { get; } = path;

    public Dictionary<string, FileNode> Children { get; } = [];

    /// <summary>The number of observers whose names lead here.</summary>
    public int Users { get; set; }

    /// <summary>The state that is in force here.</summary>
    public FileState State { get; set; } = FileState.Unknown;

    /// <summary>The stamp of the file from which <see cref="State"/> was made.</summary>
    public FileStamp Applied { get; set; }

    /// <summary>The current stamp, if it differs: it is applied when it has stayed so for a while.</summary>
    public FileStamp? Candidate { get; set; }

    /// <summary>The time since which the candidate has been here.</summary>
    public long CandidateSince { get; set; }

    /// <summary>The time since which the stamp has differed from the applied one.</summary>
    public long ChangedSince { get; set; }

    /// <summary>True if a symbolic link leads here: a watch of the directory need not notice changes behind it.</summary>
    public bool IsBehindLink { get; set; }

    /// <summary>True if reading it failed: it may work again without a change of the file.</summary>
    public bool IsUnread { get; set; }
}
