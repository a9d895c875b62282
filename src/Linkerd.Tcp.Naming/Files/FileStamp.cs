namespace Linkerd.Tcp.Naming.Files;

/// <summary>What tells one content of a file from another without reading it.</summary>
internal readonly record struct FileStamp(FileKind Kind)
{
    public long Length { get; init; }

    /// <summary>When the content was last written.</summary>
    public DateTimeOffset Modified { get; init; }

    /// <summary>When anything about it changed, its times included: <c>rsync --times</c> sets <see cref="Modified"/> back. Nanoseconds; 0 where it is not known.</summary>
    public long Changed { get; init; }

    /// <summary>Another file at the same place has another one; 0 where it is not known.</summary>
    public ulong Inode { get; init; }

    public ulong Device { get; init; }

    /// <summary>When it was made, as inodes are used again. Nanoseconds; 0 where it is not known.</summary>
    public long Born { get; init; }

    /// <summary>Whether it was reached by a symbolic link at its own place.</summary>
    public bool IsLink { get; init; }

    /// <summary>Why it is <see cref="FileKind.Broken"/>.</summary>
    public string? Error { get; init; }

    /// <summary>Only files have a content; all directories are the same here, whatever becomes of their entries.</summary>
    public FileStamp OfContent => Kind == FileKind.File ? this with { IsLink = false } : new FileStamp(Kind) { Error = Error };
}
