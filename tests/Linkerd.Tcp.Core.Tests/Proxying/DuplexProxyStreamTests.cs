using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.Proxying;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

public sealed class DuplexProxyStreamTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly (Socket Outside, Socket Inside) _client = Connect();
    private readonly (Socket Outside, Socket Inside) _server = Connect();

    public void Dispose()
    {
        foreach (var socket in new[] { _client.Outside, _client.Inside, _server.Outside, _server.Inside })
        {
            socket.Dispose();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_HalfClose_OtherDirectionGoesOn(bool streams)
    {
        var running = RunAsync(streams);
        await SendAsync(_client.Outside, "request");
        _client.Outside.Shutdown(SocketShutdown.Send);
        Assert.Equal("request", await ReceiveAllAsync(_server.Outside));
        await SendAsync(_server.Outside, "answer");
        _server.Outside.Shutdown(SocketShutdown.Send);
        Assert.Equal("answer", await ReceiveAllAsync(_client.Outside));
        var result = await running;
        Assert.Equal((CloseReason.Normal, 7, 7, 6, 6), (result.Reason, result.BytesFromClient, result.BytesToServer, result.BytesFromServer, result.BytesToClient));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_ServerResets_ClientIsReset(bool streams)
    {
        var running = RunAsync(streams);
        await SendAsync(_client.Outside, "request");
        await _server.Outside.ReceiveAsync(new byte[7], TestContext.Current.CancellationToken);
        _server.Outside.LingerState = new LingerOption(true, 0);
        _server.Outside.Dispose();
        Assert.Equal("SD", (await running).Reason.ToString());
        var error = await Assert.ThrowsAsync<SocketException>(() => ReceiveAllAsync(_client.Outside));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task Run_StreamThatCannotHalfClose_IsClosedWhenBothDirectionsAreDone()
    {
        var (toClient, fromClient) = (new Pipe(), new Pipe());
        var inside = new TwoStreams(fromClient.Reader.AsStream(), toClient.Writer.AsStream());
        var running = new DuplexProxy().RunAsync(TransportConnection.From(inside), TransportConnection.From(new NetworkStream(_server.Inside, ownsSocket: true)), cancellationToken: TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        await SendAsync(_server.Outside, "all I have");
        _server.Outside.Shutdown(SocketShutdown.Send);
        var buffer = new byte[10];
        await toClient.Reader.AsStream(leaveOpen: true).ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        Assert.False(inside.Closed);
        await fromClient.Writer.WriteAsync(Encoding.ASCII.GetBytes("and I"), TestContext.Current.CancellationToken);
        await fromClient.Writer.CompleteAsync();
        Assert.Equal("and I", await ReceiveAllAsync(_server.Outside));
        Assert.True((await running).Reason.IsNormal);
        Assert.True(inside.Closed);
    }

    [Fact]
    public async Task Run_StreamFails_IsARstToTheOther()
    {
        var running = new DuplexProxy().RunAsync(TransportConnection.From(new FailingStream()), TransportConnection.From(new NetworkStream(_server.Inside, ownsSocket: true)), cancellationToken: TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal("CD", (await running).Reason.ToString());
        await Assert.ThrowsAsync<SocketException>(() => ReceiveAllAsync(_server.Outside));
    }

    private static (Socket Outside, Socket Inside) Connect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var outside = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        outside.Connect(listener.LocalEndPoint!);
        return (outside, listener.Accept());
    }

    private static async Task SendAsync(Socket socket, string text) =>
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);

    private static async Task<string> ReceiveAllAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken) is var count and > 0)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    private Task<DuplexResult> RunAsync(bool streams)
    {
        var proxy = new DuplexProxy();
        var running = streams
            ? proxy.RunAsync(TransportConnection.From(new NetworkStream(_client.Inside, ownsSocket: true)), TransportConnection.From(new NetworkStream(_server.Inside, ownsSocket: true)))
            : proxy.RunAsync(TransportConnection.From(_client.Inside), TransportConnection.From(_server.Inside));
        return running.AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private sealed class TwoStreams(Stream input, Stream output) : Stream
    {
        public bool Closed { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => output.Flush();

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            Closed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class FailingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("The cable is cut.");
    }
}
