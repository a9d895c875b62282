using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Linkerd.Tcp.Cli.Streams;

/// <summary>
/// The target of a log on Unix. A file is opened to append (O_APPEND), which <see cref="FileStream"/> cannot: otherwise a file that was cut while it is open (<c>copytruncate</c> of logrotate) would go on
/// behind a hole. It tells how much was written before an error, so that a line is never cut.
/// </summary>
internal sealed unsafe partial class DescriptorTarget : LogTarget
{
    private const int StandardOutput = 1;
    private const int Interrupted = 4;
    private const short Writable = 4;
    private const int WaitMilliseconds = 250;

    private static readonly int WouldBlock = OperatingSystem.IsLinux() ? 11 : 35;

    // O_WRONLY, O_APPEND, O_NONBLOCK (a FIFO without a reader must not stop the program), O_CLOEXEC, O_NOCTTY; open(2) of Linux on x64 and arm64, and of macOS.
    private static readonly int AppendFlags = OperatingSystem.IsLinux() ? 0x1 | 0x400 | 0x800 | 0x80000 | 0x100 : 0x1 | 0x8 | 0x4 | 0x1000000 | 0x20000;

    private readonly SafeFileHandle _handle;
    private readonly string _link;

    private DescriptorTarget(int descriptor, bool ownsHandle)
    {
        _handle = new SafeFileHandle(descriptor, ownsHandle);
        _link = FormattableString.Invariant($"/proc/self/fd/{descriptor}");
    }

    /// <inheritdoc/>
    public override bool IsDeleted => OperatingSystem.IsLinux() && new FileInfo(_link).LinkTarget?.EndsWith(" (deleted)", StringComparison.Ordinal) == true;

    /// <inheritdoc cref="LogTarget.OpenFile"/>
    public static new DescriptorTarget OpenFile(string path)
    {
        if (!File.Exists(path))
        {
            File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete).Dispose();
        }

        var descriptor = Open(path, AppendFlags);
        return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
    }

    /// <inheritdoc cref="LogTarget.OpenOutput"/>
    public static new DescriptorTarget OpenOutput()
    {
        MissingDescriptors.ThrowIfMissing(StandardOutput);
        return new(StandardOutput, ownsHandle: false);
    }

    /// <inheritdoc/>
    public override int Write(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            nint written;
            fixed (byte* start = bytes)
            {
                written = Write(_handle, start, (nuint)bytes.Length);
            }

            if (written >= 0)
            {
                return (int)written;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == WouldBlock)
            {
                var entry = new PollEntry { Descriptor = (int)_handle.DangerousGetHandle(), Events = Writable };
                if (PollEntry.Poll(&entry, 1, WaitMilliseconds) == 0)
                {
                    return 0;
                }
            }
            else if (error != Interrupted)
            {
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle descriptor, byte* buffer, nuint count);
}
