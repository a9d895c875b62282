using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A FIN goes one way, and the other way goes on.</summary>
public sealed class HalfCloseTests
{
    [Fact]
    public async Task ClientFinFirst_ServerGoesOn_UntilItsOwnFin()
    {
        await using var backend = new TcpBackend(Serve.CountToFinAsync);
        await using var proxy = await Executable.StartAsync(backend.Name);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendTextAsync("four").InTimeAsync();
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("4 bytes\n", await client.ReceiveTextToEndAsync().InTimeAsync());
    }

    [Fact]
    public async Task ServerFinFirst_ClientGoesOn_UntilItsOwnFin()
    {
        var received = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = new TcpBackend(async socket =>
        {
            await socket.SendTextAsync("bye");
            socket.Shutdown(SocketShutdown.Send);
            received.SetResult(await socket.ReceiveToEndAsync());
        });
        await using var proxy = await Executable.StartAsync(backend.Name);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        Assert.Equal("bye", await client.ReceiveTextToEndAsync().InTimeAsync());
        await client.SendAllAsync(new byte[1_000_000]).InTimeAsync();
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(1_000_000, (await received.Task.InTimeAsync()).Length);
    }

    [Fact]
    public async Task HalfCloseTimeout_OtherSideSilent_EndsTheSession()
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = new TcpBackend(_ => over.Task);
        await using var proxy = await Executable.StartWithDebugLogAsync(backend.Name, "--half-close-timeout", "300ms");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        client.Shutdown(SocketShutdown.Send);
        await client.IsResetAsync();
        over.SetResult();
        await proxy.Error.WaitForAsync(line => line.Contains(" ended sL ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
    }
}
