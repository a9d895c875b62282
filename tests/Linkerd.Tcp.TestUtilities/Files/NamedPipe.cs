using System.Runtime.InteropServices;

namespace Linkerd.Tcp.TestUtilities.Files;

/// <summary>A pipe in the file system: opening it to read would block.</summary>
public sealed partial class NamedPipe : IDisposable
{
    private const uint ReadWrite = 0x1B6;
    private readonly string _path;

    public NamedPipe(string path)
    {
        _path = path;
        if (Make(path, ReadWrite) != 0)
        {
            throw new IOException($"mkfifo {path} failed.");
        }
    }

    public void Dispose() => File.Delete(_path);

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Make(string path, uint mode);
}
