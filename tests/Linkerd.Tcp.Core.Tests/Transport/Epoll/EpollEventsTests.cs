using Linkerd.Tcp.Transport.Epoll;
using Xunit;
using Processor = System.Runtime.InteropServices.Architecture;

namespace Linkerd.Tcp.Tests.Transport.Epoll;

public sealed unsafe class EpollEventsTests
{
    // linux/eventpoll.h: packed on x86-64 alone. Arm64's layout is stated here, and not run.
    [Theory]
    [InlineData(Processor.X64, 12, 4)]
    [InlineData(Processor.Arm64, 16, 8)]
    [InlineData(Processor.RiscV64, 16, 8)]
    [InlineData(Processor.S390x, 16, 8)]
    public void LayoutOf_Architecture_IsTheKernels(Processor architecture, int size, int dataOffset) =>
        Assert.Equal(new EpollEvents.Layout(size, dataOffset), EpollEvents.LayoutOf(architecture));

    [Fact]
    public void Write_SeveralEvents_EachIsReadBack()
    {
        using var events = new EpollEvents(5);
        for (var i = 0; i < 5; i++)
        {
            EpollEvents.Write(events.Memory + (i * EpollEvents.NativeLayout.Size), (uint)i | EpollEvents.EdgeTriggered, ulong.MaxValue - (ulong)i);
        }

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(((uint)i | EpollEvents.EdgeTriggered, ulong.MaxValue - (ulong)i), (events.EventsAt(i), events.DataAt(i)));
        }
    }
}
