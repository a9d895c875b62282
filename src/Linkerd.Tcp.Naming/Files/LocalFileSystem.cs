namespace Linkerd.Tcp.Naming.Files;

/// <summary>The file system of the machine.</summary>
internal sealed class LocalFileSystem : IFileSystem
{
    public static LocalFileSystem Instance { get; } = new();

    public FileStamp Stat(string path)
    {
        try
        {
            return (OperatingSystem.IsLinux() ? LinuxStat.Of(path) : null) ?? PortableStat(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new FileStamp(FileKind.Broken) { Error = e.Message };
        }
    }

    // The sharing mode lets a writer change or replace the file meanwhile.
    public byte[] Read(string path, int maxBytes)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[(int)Math.Min(maxBytes, RandomAccess.GetLength(file) + 1)];
        var length = 0;
        while (length < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(length), length) is var read and > 0)
        {
            length += read;
            if (length == buffer.Length && length < maxBytes)
            {
                Array.Resize(ref buffer, Math.Min(maxBytes, length * 2));
            }
        }

        return buffer[..length];
    }

    public IDisposable Watch(string directory, Action changed, Action<Exception> failed)
    {
        var watcher = new FileSystemWatcher(directory)
        {
            IncludeSubdirectories = true,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite,
        };
        try
        {
            watcher.Created += (_, _) => changed();
            watcher.Changed += (_, _) => changed();
            watcher.Deleted += (_, _) => changed();
            watcher.Renamed += (_, _) => changed();
            watcher.Error += (_, error) => failed(error.GetException());
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch
        {
            watcher.Dispose();
            throw;
        }
    }

    private static FileStamp PortableStat(string path)
    {
        FileSystemInfo info = new FileInfo(path);
        var isLink = info.LinkTarget is not null;
        info = isLink ? info.ResolveLinkTarget(returnFinalTarget: true) ?? info : info;
        return info is DirectoryInfo { Exists: true } || Directory.Exists(path) ? new FileStamp(FileKind.Directory) { IsLink = isLink }
            : info is FileInfo { Exists: true } file ? new FileStamp(FileKind.File) { Length = file.Length, Modified = file.LastWriteTimeUtc, IsLink = isLink }
            : new FileStamp(FileKind.Missing) { IsLink = isLink };
    }
}
