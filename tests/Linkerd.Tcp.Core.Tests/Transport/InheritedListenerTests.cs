using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>A listening socket that another process has too. Linux.</summary>
public sealed partial class InheritedListenerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TransportEngine.Epoll)]
    [InlineData(TransportEngine.Sockets)]
    public async Task DisposeAsync_OfInheritedListener_LeavesItsBacklogToTheOthers(TransportEngine engine)
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no epoll here.");
        await using var bed = new SocketBed(IPAddress.Loopback, TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 2 }));
        using var others = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        others.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        others.Listen();
        for (var round = 0; round < 20; round++)
        {
            var limit = new ConnectionLimit(1);
            var inherited = new SafeSocketHandle(Duplicate((int)others.SafeHandle.DangerousGetHandle()), ownsHandle: true);
            var listener = await bed.Transport.ListenAsync(new TransportListenOptions { Handle = inherited, Limit = limit }, Cancelled);
            var handler = new RecordingHandler();
            listener.Start(handler);
            var first = await bed.ConnectAsync(others.LocalEndPoint!);
            await bed.Own(await handler.NextAsync()).SendTextAsync("ours");
            Assert.Equal("ours", await first.ReadTextAsync(4));

            // Nobody else is accepted here, as the limit is reached.
            var second = await bed.ConnectAsync(others.LocalEndPoint!);
            await listener.DisposeAsync();
            var third = await bed.ConnectAsync(others.LocalEndPoint!);
            foreach (var client in (TransportConnection[])[second, third])
            {
                using var accepted = await others.AcceptAsync(Cancelled);
                await accepted.SendAsync("theirs"u8.ToArray(), Cancelled);
                Assert.Equal("theirs", await client.ReadTextAsync(6));
            }

            Assert.True(inherited.IsClosed);
        }
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);
}
