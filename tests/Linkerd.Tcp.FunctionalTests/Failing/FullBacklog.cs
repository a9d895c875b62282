using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A listener whose backlog is full, and stays so: its kernel drops every further SYN. Linux.</summary>
internal sealed class FullBacklog : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _waiting = [];

    private FullBacklog()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
    }

    /// <summary>Where nobody answers.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Makes one, and fills it until a connect is not answered within 500 ms.</summary>
    public static async Task<FullBacklog> CreateAsync()
    {
        var full = new FullBacklog();
        try
        {
            while (await full.AddAsync())
            {
                Assert.True(full._waiting.Count < 100, "a backlog of 0 takes 100 connections");
            }

            return full;
        }
        catch
        {
            full.Dispose();
            throw;
        }
    }

    /// <summary>Accepts those that fill it, and then the next one.</summary>
    public async Task<Socket> AcceptOtherAsync()
    {
        while (true)
        {
            var accepted = await _listener.AcceptAsync(TestContext.Current.CancellationToken);
            if (!_waiting.Exists(socket => accepted.RemoteEndPoint!.Equals(socket.LocalEndPoint)))
            {
                accepted.NoDelay = true;
                return accepted;
            }

            accepted.Dispose();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _waiting.ForEach(socket => socket.Dispose());
    }

    private async Task<bool> AddAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _waiting.Add(socket);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMilliseconds(500));
        try
        {
            await socket.ConnectAsync(EndPoint, patience.Token);
            return true;
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            // Its kernel would try again, and take the first place that becomes free.
            socket.Dispose();
            _waiting.Remove(socket);
            return false;
        }
    }
}
