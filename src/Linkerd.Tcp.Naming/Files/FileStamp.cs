namespace Linkerd.Tcp.Naming.Files;

/// <summary>The version of a file's content, which changes with the content, without reading it.</summary>
internal readonly record struct FileStamp(FileKind Kind)
{
    public long Length { get; init; }

    /// <summary>The time at which the content was last written.</summary>
    public DateTimeOffset Modified { get; init; }

    /// <summary>The time at which anything about it changed, its times included: <c>rsync --times</c> sets <see cref="Modified"/> back. Nanoseconds; 0 if it is not known.</summary>
    public long Changed { get; init; }

    /// <summary>The inode: another file at the same place has another one; 0 if it is not known.</summary>
    public ulong Inode { get; init; }

    public ulong Device { get; init; }

    /// <summary>The time at which it was created, as inodes are used again. Nanoseconds; 0 if it is not known.</summary>
    public long Born { get; init; }

    /// <summary>True if it was reached by a symbolic link at its own place.</summary>
    public bool IsLink { get; init; }

    /// <summary>The reason why it is <see cref="FileKind.Broken"/>.</summary>
    public string? Error { get; init; }

    /// <summary>The stamp for comparisons of content: only files have a content; all directories are equal here, whatever the changes of their entries.</summary>
    public FileStamp OfContent => Kind == FileKind.File ? this with { IsLink = false } : new FileStamp(Kind) { Error = Error };
}
