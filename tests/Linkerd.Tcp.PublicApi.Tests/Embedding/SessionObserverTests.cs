using System.Net;
using System.Threading.Channels;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.PublicApi.Tests.Embedding;

/// <summary>An observer of sessions that a user writes.</summary>
public sealed class SessionObserverTests
{
    [Fact]
    public async Task Observer_SessionEnded_ReceivesItsRecord()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = new EchoServer();
        var observer = new AccessLog();
        var name = DstPath.Parse("/svc/web");
        await using var registry = new DestinationRegistry(new StaticResolver(server.Address));
        await using var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), name)] }, registry, observer: observer);
        await proxy.StartAsync(cancellationToken);

        Assert.Equal("hello", await EchoServer.AskAsync(proxy.LocalEndPoints[0], "hello", cancellationToken));
        var record = await observer.Records.ReadAsync(cancellationToken);
        Assert.Equal((name, server.Address, 5L, 5L, 5L, 5L), (record.Session.Name, record.Server, record.BytesFromClient, record.BytesToServer, record.BytesFromServer, record.BytesToClient));
        Assert.Equal("--", record.Reason.ToString());
        Assert.Equal(1, record.Attempts);
    }

    private sealed class AccessLog : ISessionObserver
    {
        private readonly Channel<SessionRecord> _records = Channel.CreateUnbounded<SessionRecord>();

        public ChannelReader<SessionRecord> Records => _records.Reader;

        public void OnSessionEnded(SessionRecord record) => _records.Writer.TryWrite(record);
    }
}
