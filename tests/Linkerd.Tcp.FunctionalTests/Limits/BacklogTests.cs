using System.Globalization;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>How many clients get a connection from the kernel while the proxy accepts nobody.</summary>
public sealed class BacklogTests
{
    // More than the 512 that many programs ask for.
    private const int Crowd = 700;

    [Theory]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task Backlog_Default_HoldsWhatTheKernelAllows(string transport)
    {
        Require.Linux();
        var most = int.Parse(await File.ReadAllTextAsync("/proc/sys/net/core/somaxconn", TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
        Assert.SkipWhen(most < Crowd, $"the kernel allows a backlog of {most} (net.core.somaxconn), and this needs {Crowd}");
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--transport", transport);
        proxy.Send(Signal.Stop);
        var clients = await Task.WhenAll(Enumerable.Range(0, Crowd).Select(_ => ClientSocket.ConnectAsync(proxy.EndPoint)));
        proxy.Send(Signal.Continue);
        await Task.WhenAll(clients.Select(client => client.EchoAsync("hello")));
        Array.ForEach(clients, client => client.Dispose());
    }

    [Fact]
    public async Task Backlog_Small_HoldsThatAndNoMore()
    {
        Require.Linux();
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--backlog", "5");
        proxy.Send(Signal.Stop);
        var clients = new List<Socket>();
        var (connected, waiting) = (0, (Task?)null);
        while (waiting is null)
        {
            var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            clients.Add(client);
            var connecting = client.ConnectAsync(proxy.EndPoint, TestContext.Current.CancellationToken).AsTask();

            // On loopback a handshake takes no time; the first repetition of a SYN comes after a second.
            if (await Task.WhenAny(connecting, Task.Delay(500, TestContext.Current.CancellationToken)) == connecting)
            {
                await connecting;
                connected++;
            }
            else
            {
                waiting = connecting;
            }

            Assert.InRange(connected, 0, 100);
        }

        proxy.Send(Signal.Continue);
        await waiting.InTimeAsync();
        clients.ForEach(client => client.Dispose());

        // Linux holds one more than it was told (sk_acceptq_is_full), and what the proxy had begun to accept when it was stopped.
        Assert.InRange(connected, 5, 10);
    }
}
