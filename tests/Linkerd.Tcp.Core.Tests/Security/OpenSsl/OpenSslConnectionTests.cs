using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Fuzz.OpenSsl;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>A connection of an event loop whose layer has output that the kernel has not taken, as the peer does not read.</summary>
public sealed class OpenSslConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Text = LayerPair.Text(16 * 1024);

    private readonly EpollTransport _transport;
    private readonly SocketBed _bed;
    private readonly OpenSslEnd _peer;
    private readonly OpenSslEnd _own;
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
    private EpollConnection _connection = null!;

    public OpenSslConnectionTests()
    {
        Assert.SkipUnless(EpollTransport.IsSupported && OpenSslLibrary.Problem is null, "There is no epoll, or no libssl, here.");
        _transport = new EpollTransport(new TransportOptions { Loops = 1 });
        _bed = new SocketBed(IPAddress.Loopback, _transport);
        var parties = new OpenSslParties(TlsVersion.Tls13, isMutual: false);

        // The handshake is in memory; each end has memory of its own, as they run on two threads.
        _peer = new OpenSslEnd(parties.ClientSide(isResumed: false), new OpenSslMemory());
        _own = new OpenSslEnd(parties.ServerSide(), new OpenSslMemory());
        OpenSslEnd.Connect(_peer, _own);
        _own.Layer!.Flush();
        Assert.Null(_peer.Read(1, out _));
    }

    public async ValueTask InitializeAsync()
    {
        var (listener, handler) = await _bed.ListenAsync();
        await _client.ConnectAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken);
        _connection = (EpollConnection)_bed.Own(await handler.NextAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _bed.DisposeAsync();
        _peer.Dispose();
    }

    [Fact]
    public async Task DisposeAsync_PeerReadsLate_GetsAllWithCloseNotifyAndFin()
    {
        var records = await FillAsync();
        await _connection.Executor.Resume();
        _connection.ShutdownSend();
        await _connection.DisposeAsync();
        await _connection.DisposeAsync();
        Assert.False(_connection.IsClosed);
        await CheckStreamAsync(records);
        await _bed.UntilAsync(() => _connection.IsClosed).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task DisposeNow_PeerNeverReads_ClosesAfterTheTimeOfTheLastFlush()
    {
        await FillAsync();
        await _connection.Executor.Resume();
        _connection.ShutdownSend();
        _connection.DisposeNow(TimeSpan.FromSeconds(0.2));
        Assert.False(_connection.IsClosed);
        await Task.Run(() => _bed.UntilAsync(() => _connection.IsClosed), TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0, _connection.Loop.Connections);
    }

    [Fact]
    public async Task FlushToPeerAsync_PeerReadsLate_CompletesThen()
    {
        var records = await FillAsync();
        await _connection.Executor.Resume();
        _connection.ShutdownSend();
        var flushing = _connection.FlushToPeerAsync().AsTask();
        await Task.Run(_bed.SettleAsync, TestContext.Current.CancellationToken);
        Assert.False(flushing.IsCompleted);
        await CheckStreamAsync(records);
        Assert.True(await flushing.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.False(_connection.HasLayerOutput);
    }

    [Fact]
    public async Task Abort_OutputIsLeft_ResetsAtOnce()
    {
        await FillAsync();
        await _connection.Executor.Resume();
        _connection.ShutdownSend();
        _connection.Abort();
        Assert.True(_connection.IsClosed);
        Assert.False(_connection.HasLayerOutput);
        await Task.Run(async () =>
        {
            var buffer = new byte[64 * 1024];
            var error = await Assert.ThrowsAsync<SocketException>(async () =>
            {
                while (await _client.ReceiveAsync(buffer).WaitAsync(Patience, TestContext.Current.CancellationToken) > 0)
                {
                }
            });
            Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task DisposeAsync_PeerResetsMeanwhile_Closes()
    {
        await FillAsync();
        await _connection.Executor.Resume();
        _connection.ShutdownSend();
        await _connection.DisposeAsync();
        await Task.Run(async () =>
        {
            _client.LingerState = new LingerOption(true, 0);
            _client.Close();
            await _bed.UntilAsync(() => _connection.IsClosed).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);
    }

    // Sends records until the kernel does not take one whole.
    private async Task<int> FillAsync()
    {
        await _connection.Executor.Resume();
        _connection.PutLayer(new OpenSslLayer(_connection, _own.Session, _own.Layer!.Details, [], []));
        var records = 0;
        for (; !_connection.HasLayerOutput; records++)
        {
            Assert.Equal(TransportStatus.Ok, Send(_connection));
        }

        return records;
    }

    private static unsafe TransportStatus Send(EpollConnection connection)
    {
        fixed (byte* text = Text)
        {
            return connection.Send(text, Text.Length, out _);
        }
    }

    // On another thread than the loop's, which it would hold up.
    private Task CheckStreamAsync(int records) => Task.Run(async () =>
    {
        var (buffer, received) = (new byte[64 * 1024], new List<byte>());
        var status = OpenSslStatus.NeedsInput;
        for (int count; (count = await _client.ReceiveAsync(buffer).WaitAsync(Patience, TestContext.Current.CancellationToken)) > 0;)
        {
            received.AddRange(_peer.Decrypt(buffer.AsSpan(0, count), out status));
        }

        Assert.Equal(OpenSslStatus.Closed, status);
        Assert.Equal(records * Text.Length, received.Count);
        Assert.True(received.Chunk(Text.Length).All(static chunk => chunk.AsSpan().SequenceEqual(Text)));
    }, TestContext.Current.CancellationToken);
}
