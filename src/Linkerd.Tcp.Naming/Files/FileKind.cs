namespace Linkerd.Tcp.Naming.Files;

/// <summary>What is at a place of a file system.</summary>
internal enum FileKind
{
    /// <summary>Nothing is known yet.</summary>
    Unknown,

    /// <summary>Nothing, or something that is neither a file nor a directory.</summary>
    Missing,

    Directory,

    File,

    /// <summary>It could not be told.</summary>
    Broken,
}
