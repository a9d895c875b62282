using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Out of descriptors: the listener neither dies nor spins, and serves again when there are some.</summary>
public sealed class DescriptorExhaustionTests
{
    [Fact]
    public async Task NoDescriptorLeft_ListenerBacksOffAndComesBack()
    {
        Assert.SkipUnless(Executable.IsPublished, "a runtime that compiles as it goes may end the process itself when it has no descriptor; LINKERD_TCP_EXE names no native executable");
        await using var backend = new TcpBackend(Serve.GreetAndEcho("hi"));
        await using var proxy = await Executable.StartAsync(backend.Name, "--max-sessions", "1000");
        var prlimit = Require.Program("prlimit");
        using var held = await ClientSocket.ConnectAsync(proxy.EndPoint);
        Assert.Equal("hi", await held.ReceiveTextAsync(2).InTimeAsync());
        var limit = proxy.DescriptorCount + 20;
        await using (var lowered = await ChildProcess.RunAsync(prlimit, ["--pid", $"{proxy.Id}", $"--nofile={limit}:{limit}"], TestContext.Current.CancellationToken))
        {
            Assert.Equal(string.Empty, lowered.Error.Text);
        }

        var clients = new List<Socket>();
        try
        {
            for (var i = 0; i < 60; i++)
            {
                if (await TryConnectAsync(proxy) is { } client)
                {
                    clients.Add(client);
                }
            }

            await Eventually.IsTrueAsync(() => proxy.Error.Text.Contains("cannot accept on", StringComparison.Ordinal), () => proxy.Error.Text);
            var before = proxy.ProcessorTime;
            for (var i = 0; i < 2000; i++)
            {
                await held.EchoAsync("goes on");
            }

            Assert.True(proxy.ProcessorTime - before < TimeSpan.FromSeconds(2), $"{proxy.ProcessorTime - before} for 2,000 round trips: it spins");
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await Eventually.IsTrueAsync(() => IsServedAsync(proxy), () => proxy.Error.Text);
    }

    // Who is accepted when no descriptor is left for the server's side is reset, perhaps before the connect has returned.
    private static async Task<Socket?> TryConnectAsync(ProxyProcess proxy)
    {
        try
        {
            return await ClientSocket.ConnectAsync(proxy.EndPoint);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            return null;
        }
    }

    private static async Task<bool> IsServedAsync(ProxyProcess proxy)
    {
        using var client = await TryConnectAsync(proxy);
        try
        {
            return client is not null && await client.ReceiveTextAsync(2).InTimeAsync() == "hi";
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            return false;
        }
    }
}
