using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Measures the whole process, so nothing may run beside it.</summary>
[Collection(HeavyLoad.Name)]
public sealed class AllocationTests
{
    private const int RoundTrips = 100_000;

    [Fact]
    public async Task Run_SteadyPingPong_AllocatesLessThanAByteARoundTrip()
    {
        var (client, clientInside) = Connect();
        var (server, serverInside) = Connect();
        using var outer = client;
        using var echo = server;
        var running = new DuplexProxy().RunAsync(clientInside, serverInside).AsTask();
        var echoing = new Thread(() => Echo(echo));
        echoing.Start();
        PingPong(outer, RoundTrips / 10);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        PingPong(outer, RoundTrips);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        outer.Shutdown(SocketShutdown.Send);
        var result = await running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        echoing.Join();
        Assert.True(result.Reason.IsNormal);
        Assert.Equal(64L * (RoundTrips + (RoundTrips / 10)), result.BytesToClient);
        Assert.True(allocated < RoundTrips, $"{allocated} bytes in {RoundTrips} round trips");
    }

    private static void PingPong(Socket socket, int count)
    {
        Span<byte> message = stackalloc byte[64];
        for (var i = 0; i < count; i++)
        {
            socket.Send(message);
            for (var received = 0; received < message.Length;)
            {
                received += socket.Receive(message[received..]);
            }
        }
    }

    private static void Echo(Socket socket)
    {
        Span<byte> buffer = stackalloc byte[4096];
        while (socket.Receive(buffer) is var received and > 0)
        {
            socket.Send(buffer[..received]);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static (Socket Outside, Socket Inside) Connect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var outside = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        outside.Connect(listener.LocalEndPoint!);
        var inside = listener.Accept();
        inside.NoDelay = true;
        return (outside, inside);
    }
}
