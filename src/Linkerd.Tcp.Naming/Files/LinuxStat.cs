using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Naming.Files;

/// <summary><c>statx</c>, for properties that .NET does not provide: inode, device, the time of the last change, and whether it is a plain file.</summary>
internal static partial class LinuxStat
{
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStatsAndBirth = 0xfff;
    private const int FormatMask = 0xf000;
    private const int DirectoryFormat = 0x4000;
    private const int FileFormat = 0x8000;
    private const int LinkFormat = 0xa000;
    private const int NoSuchFile = 2;
    private const int NotADirectory = 20;
    private const int NameTooLong = 36;
    private const int NotImplemented = 38;
    private const int LinkLoop = 40;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Gets the stamp of a path; null if the system has no such call.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            var own = Call(path, NoFollow, out var status);
            if (own != 0 || (status.Mode & FormatMask) != LinkFormat)
            {
                return own == NotImplemented ? null : ToStamp(own, status, isLink: false);
            }

            return ToStamp(Call(path, 0, out status), status, isLink: true);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library that is older than the call.
            return null;
        }
    }

    /// <summary>Returns true if a path leads to a pipe, a socket or a device: opening or reading it may block forever.</summary>
    public static bool IsSpecial(string path)
    {
        try
        {
            return Call(path, 0, out var status) == 0 && (status.Mode & FormatMask) is not (DirectoryFormat or FileFormat);
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static int Call(string path, int flags, out Status status) =>
        StatX(CurrentDirectory, path, flags, BasicStatsAndBirth, out status) == 0 ? 0 : Marshal.GetLastPInvokeError();

    private static FileStamp ToStamp(int error, in Status status, bool isLink) => error switch
    {
        0 => new FileStamp((status.Mode & FormatMask) switch
        {
            DirectoryFormat => FileKind.Directory,
            FileFormat => FileKind.File,
            _ => FileKind.Missing,
        })
        {
            Length = (long)status.Size,
            Modified = DateTimeOffset.FromUnixTimeMilliseconds(0).AddTicks((status.ModifiedSeconds * TimeSpan.TicksPerSecond) + (status.ModifiedNanoseconds / 100)),
            Changed = (status.ChangedSeconds * NanosecondsPerSecond) + status.ChangedNanoseconds,
            Born = (status.BornSeconds * NanosecondsPerSecond) + status.BornNanoseconds,
            Inode = status.Inode,
            Device = ((ulong)status.DeviceMajor << 32) | status.DeviceMinor,
            IsLink = isLink,
        },
        NoSuchFile or NotADirectory or NameTooLong or LinkLoop => new FileStamp(FileKind.Missing) { IsLink = isLink },
        _ => new FileStamp(FileKind.Broken) { Error = Marshal.GetPInvokeErrorMessage(error), IsLink = isLink },
    };

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out Status status);

    // struct statx of linux/stat.h: the same on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Status
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(80)]
        public long BornSeconds;

        [FieldOffset(88)]
        public uint BornNanoseconds;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
