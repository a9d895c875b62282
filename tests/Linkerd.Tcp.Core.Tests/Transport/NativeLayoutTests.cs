using System.Net;
using System.Runtime.InteropServices;
using Linkerd.Tcp.Tests.Transport.Epoll;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>The structures that this assembly gives to the kernel, against its ABI on x64 and arm64. For <c>struct epoll_event</c> see <see cref="EpollEventsTests"/>.</summary>
public sealed class NativeLayoutTests
{
    // struct pollfd of asm-generic/poll.h.
    [Fact]
    public void PollEntry_Layout_IsThatOfPollfd() => Assert.Equal(
        (8, 0, 4, 6),
        (Marshal.SizeOf<LinuxPoll.Entry>(), Offset<LinuxPoll.Entry>(nameof(LinuxPoll.Entry.Descriptor)), Offset<LinuxPoll.Entry>(nameof(LinuxPoll.Entry.Events)), Offset<LinuxPoll.Entry>(nameof(LinuxPoll.Entry.Returned))));

    // struct rlimit of linux/resource.h: two unsigned longs.
    [Fact]
    public void Limit_Layout_IsThatOfRlimit()
    {
        Assert.SkipUnless(Environment.Is64BitProcess, "An unsigned long has 4 bytes elsewhere.");
        Assert.Equal(
            (16, 0, 8),
            (Marshal.SizeOf<ResourceLimits.Limit>(), Offset<ResourceLimits.Limit>(nameof(ResourceLimits.Limit.Soft)), Offset<ResourceLimits.Limit>(nameof(ResourceLimits.Limit.Hard))));
    }

    // struct sock_fprog of linux/filter.h: the number of instructions, and at the alignment of a pointer where they are; each a struct sock_filter of 8 bytes,
    // with the code at 0, the jumps at 2 and 3, and the operand at 4.
    [Fact]
    public unsafe void SynFilter_Layout_IsThatOfSockFprog()
    {
        Assert.SkipUnless(SynFilter.IsSupported, "This machine has no such filter, or another layout.");
        var program = new byte[SynFilter.Length];
        SynFilter.Write(program);
        Assert.Equal((16, 5), (program.Length, BitConverter.ToUInt16(program)));
        var instructions = new ReadOnlySpan<byte>((void*)(nint)BitConverter.ToInt64(program, 8), 5 * 8).ToArray();
        Assert.Equal([0x30, 0x54, 0x15, 0x06, 0x06], Enumerable.Range(0, 5).Select(at => (int)BitConverter.ToUInt16(instructions, at * 8)));
        Assert.Equal((0, 1), (instructions[18], instructions[19]));
        Assert.Equal([13u, 0x12u, 0x02u, 0u, 0x7fffffffu], Enumerable.Range(0, 5).Select(at => BitConverter.ToUInt32(instructions, (at * 8) + 4)));
    }

    // struct sockaddr_in of linux/in.h and sockaddr_in6 of linux/in6.h: the family in the order of the machine, the port in that of the network.
    [Theory]
    [InlineData("10.1.2.3:258", "0200 0102 0A010203 0000000000000000")]
    [InlineData("[2001:db8::1%7]:258", "0A00 0102 00000000 20010DB8000000000000000000000001 07000000")]
    public void SocketAddress_Layout_IsThatOfTheFamily(string endPoint, string expected)
    {
        Assert.SkipUnless(BitConverter.IsLittleEndian, "The bytes are those of x64 and arm64.");
        var target = new byte[NativeSocketAddress.MaximumLength];
        var length = NativeSocketAddress.Write(IPEndPoint.Parse(endPoint), target);
        Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(target.AsSpan(0, length)));
    }

    // struct sockaddr_un of linux/un.h: the family, and a path of up to 108 bytes.
    [Fact]
    public void SocketAddress_Longest_IsSockaddrUn() => Assert.Equal(2 + 108, NativeSocketAddress.MaximumLength);

    private static int Offset<T>(string field) => (int)Marshal.OffsetOf<T>(field);
}
