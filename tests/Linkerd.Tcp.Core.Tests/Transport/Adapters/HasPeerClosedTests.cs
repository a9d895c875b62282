using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport.Adapters;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Adapters;

/// <summary>What connections over streams and pipes know of their peer's end.</summary>
public sealed class HasPeerClosedTests
{
    [Fact]
    public async Task HasPeerClosed_NetworkStream_KnownWithoutReading()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        peer.Connect(listener.LocalEndPoint!);
        await using var connection = new StreamConnection(new NetworkStream(listener.Accept(), ownsSocket: true), TimeProvider.System, 4096, new AdapterLog(NullLogger.Instance, TimeProvider.System));
        Assert.False(connection.HasPeerClosed);
        peer.Shutdown(SocketShutdown.Send);
        await connection.ExpectFinAsync();
        Assert.True(connection.HasPeerClosed);
        connection.Abort();
        Assert.True(connection.HasPeerClosed);
    }

    [Fact]
    public async Task HasPeerClosed_Pipe_KnownOnceItWasRead()
    {
        var (toUs, fromUs) = (new Pipe(), new Pipe());
        await using var connection = new PipeConnection(new Duplex(toUs.Reader, fromUs.Writer), TimeProvider.System, new AdapterLog(NullLogger.Instance, TimeProvider.System));
        await toUs.Writer.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        await toUs.Writer.CompleteAsync();
        Assert.Equal("x", await connection.ReadTextAsync(1));
        Assert.False(connection.HasPeerClosed);
        await connection.ExpectFinAsync();
        Assert.True(connection.HasPeerClosed);
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
