using System.Runtime.InteropServices;
using Linkerd.Tcp.Cli.Streams;

namespace Linkerd.Tcp.FunctionalTests.Streams;

/// <summary>The structures that the executable gives to the kernel, against its ABI on x64 and arm64.</summary>
public sealed class NativeLayoutTests
{
    // struct pollfd of asm-generic/poll.h.
    [Fact]
    public void PollEntry_Layout_IsThatOfPollfd() => Assert.Equal(
        (8, 0, 4, 6),
        (Marshal.SizeOf<PollEntry>(), Offset(nameof(PollEntry.Descriptor)), Offset(nameof(PollEntry.Events)), Offset(nameof(PollEntry.Returned))));

    private static int Offset(string field) => (int)Marshal.OffsetOf<PollEntry>(field);
}
