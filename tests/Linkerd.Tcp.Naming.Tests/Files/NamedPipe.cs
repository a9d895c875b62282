using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Naming.Tests.Files;

/// <summary>A pipe in the file system: opening it to read would block.</summary>
internal sealed partial class NamedPipe : IDisposable
{
    private const uint ReadWrite = 0x1B6;
    private readonly string _path;

    public NamedPipe(string path)
    {
        _path = path;
        Assert.Equal(0, Make(path, ReadWrite));
    }

    public void Dispose() => File.Delete(_path);

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Make(string path, uint mode);
}
