using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Urgent bytes (MSG_OOB): they are dropped, as the kernel drops them for whoever receives without SO_OOBINLINE, and no other byte is.</summary>
public sealed class UrgentDataTests
{
    [Theory]
    [InlineData("epoll", false)]
    [InlineData("epoll", true)]
    [InlineData("sockets", false)]
    [InlineData("sockets", true)]
    public async Task UrgentBytes_BeforeAndAfterTheStreamIsBulk_EveryOtherByteArrivesAndSoDoesTheFin(string transport, bool down)
    {
        Require.Epoll();
        string[] streams = ["U 10", "10 U", "32K | 32K | 32K | 32K | U 10", "64K | 64K | 64K | 64K | 64K | U U | 64K U 1", "2M U 2M U 2M"];
        var connected = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = new TcpBackend(socket =>
        {
            Volatile.Read(ref connected).SetResult(socket);
            return over.Task;
        });
        await using var proxy = await Executable.StartAsync(backend.Name, "--transport", transport);
        foreach (var stream in streams)
        {
            Volatile.Write(ref connected, new(TaskCreationOptions.RunContinuationsAsynchronously));
            using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            var server = await connected.Task.InTimeAsync();
            var sending = down ? new UrgentTransfer(server, client) : new UrgentTransfer(client, server);
            Assert.Null(await sending.RunAsync(stream));
            Assert.Null(await sending.RunAsync($"{stream} FIN"));
        }

        over.SetResult();
    }
}
