using System.Collections.Concurrent;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// SIGTERM while clients come without a pause: everyone whose connect succeeded is served. Who comes later is refused, or hears nothing until the port is free.
/// <c>load-test stops</c> (bench/Linkerd.Tcp.LoadTest) runs more of these, side by side with other proxies.
/// </summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class StopUnderLoadTests
{
    private const int Clients = 24;
    private const int Stops = 4;

    [Theory]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task Terminate_UnderLoad_LosesNoSession(string transport)
    {
        if (transport == "epoll")
        {
            Require.Epoll();
        }

        await using var backend = new TcpBackend(Serve.EchoAsync);
        var lost = new List<string>();
        var served = 0;
        for (var stop = 0; stop < Stops; stop++)
        {
            await using var proxy = await Executable.StartAsync(backend.Name, "--grace", "20s", "--transport", transport);
            var ended = new ConcurrentQueue<string?>();
            var clients = Enumerable.Range(0, Clients).Select(_ => Task.Run(() => ConnectUntilRefusedAsync(proxy, ended))).ToList();
            await Eventually.IsTrueAsync(() => ended.Count >= 300, () => $"{ended.Count} sessions");
            proxy.Send(Signal.Terminate);
            await Task.WhenAll(clients).InTimeAsync();
            Assert.Equal(0, await proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
            Assert.Contains("] stopped; 0 sessions were aborted", proxy.Error.Text, StringComparison.Ordinal);
            lost.AddRange(ended.OfType<string>());
            served += ended.Count(error => error is null);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{transport}: {Stops} stops, {served} sessions served, {lost.Count} lost");
        Assert.Empty(lost);
    }

    private static async Task ConnectUntilRefusedAsync(ProxyProcess proxy, ConcurrentQueue<string?> ended)
    {
        while (true)
        {
            using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await client.ConnectAsync(proxy.EndPoint, TestContext.Current.CancellationToken).AsTask().InTimeAsync();
            }
            catch (SocketException)
            {
                return;
            }

            ended.Enqueue(await TalkAsync(client));
        }
    }

    private static async Task<string?> TalkAsync(Socket client)
    {
        try
        {
            await client.SendTextAsync("hello").InTimeAsync();
            client.Shutdown(SocketShutdown.Send);
            var answer = await client.ReceiveTextToEndAsync().InTimeAsync();
            return answer == "hello" ? null : $"'{answer}'";
        }
        catch (Exception error) when (error is SocketException or TimeoutException)
        {
            return error.Message;
        }
    }
}
