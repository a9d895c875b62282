using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.PublicApi.Tests.Embedding;

/// <summary>A transport layer that a user writes, over each engine.</summary>
public sealed class TransportLayerTests
{
    private const byte Bits = 0x20;

    [Theory]
    [InlineData(TransportEngine.Auto)]
    [InlineData(TransportEngine.Sockets)]
    public async Task Layer_OverServerConnections_SeesEveryByteAndStaysOnTheClientsLoop(TransportEngine engine)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = new EchoServer();
        await using var below = TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 2 });
        var transport = new MaskedTransport(below);
        var observer = new Records();
        await using var registry = new DestinationRegistry(new StaticResolver(server.Address));
        await using var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"))] }, registry, transport, observer: observer);
        await proxy.StartAsync(cancellationToken);

        // Masked on the way out and unmasked on the way back; longer than any buffer between.
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(static i => $"line {i}\n"));
        Assert.Equal(text, await EchoServer.AskAsync(proxy.LocalEndPoints[0], text, cancellationToken));
        var record = await observer.All.ReadAsync(cancellationToken);
        Assert.Equal(("--", (long)text.Length, (long)text.Length), (record.Reason.ToString(), record.BytesToServer, record.BytesFromServer));
        Assert.NotEmpty(transport.IsOnExecutor);
        Assert.All(transport.IsOnExecutor, Assert.True);
        Assert.Equal([true], transport.IsWhereAsked);
    }

    [Fact]
    public async Task Layer_Alone_MasksTheWire()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = new EchoServer();
        await using var below = TransportFactory.Create(new TransportOptions { Engine = TransportEngine.Sockets });
        var result = await below.ConnectAsync(server.Address, new TransportConnectOptions(), cancellationToken);
        await using var raw = result.Connection!;
        var layer = new MaskedConnection(raw, Bits, []);
        Assert.Equal(TransportStatus.Ok, await layer.SendAsync("hello"u8.ToArray()));
        var echoed = await raw.ReceiveAsync();
        Assert.Equal("HELLO", Encoding.ASCII.GetString(echoed.Data.Span));

        // What was not consumed comes again, through the layer too.
        raw.Advance(1);
        Assert.Equal("ello", Encoding.ASCII.GetString((await layer.ReceiveAsync()).Data.Span));
        layer.Advance(4);
        layer.ShutdownSend();
        Assert.True((await layer.ReceiveAsync()).IsFin);
    }

    private sealed class MaskedTransport(ITransport below) : ITransport
    {
        public ConcurrentQueue<bool> IsOnExecutor { get; } = [];

        public ConcurrentQueue<bool> IsWhereAsked { get; } = [];

        public string Name => "masked " + below.Name;

        public ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken) => below.ListenAsync(options, cancellationToken);

        public async ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
        {
            var result = await below.ConnectAsync(to, options, cancellationToken);
            if (!result.IsConnected)
            {
                return result;
            }

            IsWhereAsked.Enqueue(result.Connection.Executor == options.Executor);
            return ConnectResult.Connected(new MaskedConnection(result.Connection, Bits, IsOnExecutor));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Records : ISessionObserver
    {
        private readonly Channel<SessionRecord> _records = Channel.CreateUnbounded<SessionRecord>();

        public ChannelReader<SessionRecord> All => _records.Reader;

        public void OnSessionEnded(SessionRecord record) => _records.Writer.TryWrite(record);
    }
}
