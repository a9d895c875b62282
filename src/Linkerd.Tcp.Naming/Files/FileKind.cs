namespace Linkerd.Tcp.Naming.Files;

/// <summary>Specifies the kind of object at a place of a file system.</summary>
internal enum FileKind
{
    /// <summary>Nothing is known yet.</summary>
    Unknown,

    /// <summary>No object, or one that is neither a file nor a directory.</summary>
    Missing,

    Directory,

    File,

    /// <summary>The kind could not be determined.</summary>
    Broken,
}
