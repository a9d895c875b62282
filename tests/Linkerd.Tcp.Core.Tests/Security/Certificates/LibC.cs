using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>Calls of the C library that .NET has no API for.</summary>
internal static partial class LibC
{
    /// <summary>Makes a pipe with a name, for its owner.</summary>
    public static void MakePipe(string path) => Check(MkFifo(path, 0x180), path);

    /// <summary>Renames; a symbolic link is not followed, and what is at the new place is replaced in one step.</summary>
    public static void Rename(string from, string to) => Check(RenameFile(from, to), from);

    private static void Check(int result, string path)
    {
        if (result != 0)
        {
            throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MkFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameFile(string from, string to);
}
