namespace Linkerd.Tcp.Naming.Files;

/// <summary>The functions of the file system that a <see cref="FileTree"/> uses, so that a test can implement them. Any thread.</summary>
internal interface IFileSystem
{
    /// <summary>Gets the stamp of a path, symbolic links followed. Never throws: one that cannot be determined is <see cref="FileKind.Broken"/>.</summary>
    FileStamp Stat(string path);

    /// <summary>Reads the content of a file, up to a number of bytes.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    byte[] Read(string path, int maxBytes);

    /// <summary>Watches a directory and those below it until disposed.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="changed">Called after any change there, on any thread.</param>
    /// <param name="failed">Called if changes may go unnoticed from now on.</param>
    /// <exception cref="IOException">It cannot be watched.</exception>
    /// <exception cref="ArgumentException">It does not exist.</exception>
    IDisposable Watch(string directory, Action changed, Action<Exception> failed);
}
