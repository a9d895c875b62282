namespace Linkerd.Tcp.Naming.Files;

/// <summary>What a <see cref="FileTree"/> needs of the file system, so that a test can be one. Any thread.</summary>
internal interface IFileSystem
{
    /// <summary>What is at a path, symbolic links followed. Never throws: what cannot be told is <see cref="FileKind.Broken"/>.</summary>
    FileStamp Stat(string path);

    /// <summary>The content of a file, no more than so many bytes of it.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    byte[] Read(string path, int maxBytes);

    /// <summary>Watches a directory and those below it until disposed.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="changed">Is called after any change there, on any thread.</param>
    /// <param name="failed">Is called where changes may go unnoticed from now on.</param>
    /// <exception cref="IOException">It cannot be watched.</exception>
    /// <exception cref="ArgumentException">It does not exist.</exception>
    IDisposable Watch(string directory, Action changed, Action<Exception> failed);
}
