using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Infrastructure;

/// <summary>Identifies the content of a file without reading it: symbolic links are followed, so that another target is another fingerprint.</summary>
/// <param name="Kind">The kind of what is at the path.</param>
/// <param name="Error">The error number if the kind is <see cref="FileType.Unknown"/>.</param>
internal readonly partial record struct FileFingerprint(FileType Kind, int Error = 0)
{
    private const int CurrentDirectory = -100;
    private const uint BasicStats = 0x7ff;
    private const int FormatMask = 0xf000;
    private const int DirectoryFormat = 0x4000;
    private const int FileFormat = 0x8000;
    private const int NoSuchFile = 2;
    private const int NotADirectory = 20;

    public long Length { get; private init; }

    /// <summary>Gets the time of the last write; nanoseconds on Linux.</summary>
    public (long Seconds, uint Nanoseconds) Modified { get; private init; }

    /// <summary>Gets the time of the last change of the content or of anything about the file, as copying can set the other one back; 0 if it is not known.</summary>
    public (long Seconds, uint Nanoseconds) Changed { get; private init; }

    public (uint Major, uint Minor, ulong Inode) Identity { get; private init; }

    /// <summary>Returns the fingerprint of a path. Never throws.</summary>
    public static FileFingerprint Of(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? OfLinux(path) : OfAny(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new(FileType.Unknown);
        }
    }

    private static FileFingerprint OfLinux(string path)
    {
        if (StatX(CurrentDirectory, path, 0, BasicStats, out var status) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is NoSuchFile or NotADirectory ? new(FileType.Missing) : new(FileType.Unknown, error);
        }

        return new((status.Mode & FormatMask) switch { FileFormat => FileType.File, DirectoryFormat => FileType.Directory, _ => FileType.Special })
        {
            Length = (long)status.Size,
            Modified = (status.ModifiedSeconds, status.ModifiedNanoseconds),
            Changed = (status.ChangedSeconds, status.ChangedNanoseconds),
            Identity = (status.DeviceMajor, status.DeviceMinor, status.Inode),
        };
    }

    private static FileFingerprint OfAny(string path)
    {
        FileSystemInfo info = new FileInfo(path);
        info = info.LinkTarget is null ? info : info.ResolveLinkTarget(returnFinalTarget: true) ?? info;
        return info is DirectoryInfo { Exists: true } || Directory.Exists(path) ? new(FileType.Directory)
            : info is FileInfo { Exists: true } file ? new(FileType.File) { Length = file.Length, Modified = (file.LastWriteTimeUtc.Ticks, 0) }
            : new(FileType.Missing);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out Status status);

    // struct statx of linux/stat.h: the same on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

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

/// <summary>The kinds of what can be at a path.</summary>
internal enum FileType
{
    /// <summary>It could not be found out.</summary>
    Unknown,
    Missing,
    File,
    Directory,

    /// <summary>A device, a pipe or a socket: opening one may wait for ever.</summary>
    Special,
}
