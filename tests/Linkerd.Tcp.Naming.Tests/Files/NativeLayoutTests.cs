using System.Runtime.InteropServices;
using Linkerd.Tcp.Naming.Files;

namespace Linkerd.Tcp.Naming.Tests.Files;

/// <summary>The structures that this assembly gives to the kernel, against its ABI.</summary>
public sealed class NativeLayoutTests
{
    // struct statx of linux/stat.h: the same on every architecture.
    [Theory]
    [InlineData(nameof(LinuxStat.Status.Mode), 0x1c)]
    [InlineData(nameof(LinuxStat.Status.Inode), 0x20)]
    [InlineData(nameof(LinuxStat.Status.Size), 0x28)]
    [InlineData(nameof(LinuxStat.Status.BornSeconds), 0x50)]
    [InlineData(nameof(LinuxStat.Status.BornNanoseconds), 0x58)]
    [InlineData(nameof(LinuxStat.Status.ChangedSeconds), 0x60)]
    [InlineData(nameof(LinuxStat.Status.ChangedNanoseconds), 0x68)]
    [InlineData(nameof(LinuxStat.Status.ModifiedSeconds), 0x70)]
    [InlineData(nameof(LinuxStat.Status.ModifiedNanoseconds), 0x78)]
    [InlineData(nameof(LinuxStat.Status.DeviceMajor), 0x88)]
    [InlineData(nameof(LinuxStat.Status.DeviceMinor), 0x8c)]
    public void Status_Field_IsWhereStatxHasIt(string field, int offset) => Assert.Equal(offset, (int)Marshal.OffsetOf<LinuxStat.Status>(field));

    [Fact]
    public void Status_Size_IsThatOfStatx() => Assert.Equal(0x100, Marshal.SizeOf<LinuxStat.Status>());
}
