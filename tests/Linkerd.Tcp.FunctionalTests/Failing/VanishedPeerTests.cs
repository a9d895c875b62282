using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A peer that is gone without a word: its packets, and those to it, are dropped.</summary>
public sealed class VanishedPeerTests
{
    private static readonly TimeSpan UserTimeout = TimeSpan.FromSeconds(3);

    // The kernel looks at the time-out when it repeats a segment, which it does ever more rarely.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(12);

    // 30 s of silence, then three probes, 10 s apart.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("epoll", false)]
    [InlineData("epoll", true)]
    [InlineData("sockets", false)]
    [InlineData("sockets", true)]
    public async Task PeerVanishes_WithUnacknowledgedBytes_IsFoundAfterTheUserTimeout(string transport, bool isServer)
    {
        await using var network = await NetworkNamespace.CreateAsync();
        using var listener = Listen(network);
        await using var proxy = await StartAsync(network, listener, "--tcp-user-timeout", "3s", "--transport", transport);
        using var session = await Session.OpenAsync(proxy, listener);
        await session.CutAsync(network, isServer);
        var sent = Stopwatch.GetTimestamp();
        await session.Other(isServer).SendTextAsync("into the void");
        var found = await session.TimeToEndAsync(isServer, sent, Late + UserTimeout);
        TestContext.Current.TestOutputHelper!.WriteLine($"{transport}: the {(isServer ? "server" : "client")} was found gone after {found.TotalSeconds:0.0} s");
        Assert.InRange(found, UserTimeout * 0.9, UserTimeout + Late);
    }

    [Fact]
    public async Task PeersVanish_Idle_AreFoundByKeepAlive()
    {
        await using var network = await NetworkNamespace.CreateAsync();
        using var listener = Listen(network);
        await using var proxy = await StartAsync(network, listener);
        using var one = await Session.OpenAsync(proxy, listener);
        using var other = await Session.OpenAsync(proxy, listener);
        await one.CutAsync(network, isServer: false);
        await other.CutAsync(network, isServer: true);
        var cut = Stopwatch.GetTimestamp();
        var found = await Task.WhenAll(one.TimeToEndAsync(isServer: false, cut, KeepAlive + Late), other.TimeToEndAsync(isServer: true, cut, KeepAlive + Late));
        TestContext.Current.TestOutputHelper!.WriteLine($"client found gone after {found[0].TotalSeconds:0.0} s, server after {found[1].TotalSeconds:0.0} s");
        Assert.All(found, time => Assert.InRange(time, KeepAlive * 0.9, KeepAlive + Late));
    }

    private static Socket Listen(NetworkNamespace network)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(network.Outside, 0));
        listener.Listen();
        return listener;
    }

    private static Task<ProxyProcess> StartAsync(NetworkNamespace network, Socket listener, params string[] options) => ProxyProcess.StartAsync(
        Executable.FileName,
        ProxyProcess.InetName(listener.LocalEndPoint!),
        Cancelled,
        options,
        listen: new IPEndPoint(network.Inside, 0).ToString(),
        through: network.Run);

    private sealed class Session : IDisposable
    {
        private readonly Socket _client;
        private readonly Socket _server;

        private Session(Socket client, Socket server) => (_client, _server) = (client, server);

        public static async Task<Session> OpenAsync(ProxyProcess proxy, Socket listener)
        {
            var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            await client.SendTextAsync("x");
            var server = await listener.AcceptAsync(Cancelled).AsTask().InTimeAsync();
            Assert.Equal("x", await server.ReceiveTextAsync(1).InTimeAsync());
            return new(client, server);
        }

        /// <summary>One end vanishes.</summary>
        public Task CutAsync(NetworkNamespace network, bool isServer)
        {
            var end = isServer ? _server : _client;
            return network.CutAsync((IPEndPoint)end.RemoteEndPoint!, (IPEndPoint)end.LocalEndPoint!);
        }

        /// <summary>The end that stays.</summary>
        public Socket Other(bool isServer) => isServer ? _client : _server;

        /// <summary>Waits until the end that stays is told that the session is over.</summary>
        public async Task<TimeSpan> TimeToEndAsync(bool isServer, long since, TimeSpan patience)
        {
            try
            {
                var received = await Other(isServer).ReceiveAsync(new byte[1], Cancelled).AsTask().WaitAsync(patience + TimeSpan.FromSeconds(5), Cancelled);
                Assert.Equal(0, received);
            }
            catch (SocketException error)
            {
                Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
            }

            return Stopwatch.GetElapsedTime(since);
        }

        public void Dispose()
        {
            _client.Dispose();
            _server.Dispose();
        }
    }
}
