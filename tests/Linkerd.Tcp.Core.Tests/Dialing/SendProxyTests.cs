using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Dialing;

/// <summary>The PROXY header with which server connections begin.</summary>
public sealed class SendProxyTests : ISessionObserver
{
    private static readonly IPEndPoint Client4 = IPEndPoint.Parse("192.0.2.7:4711");
    private static readonly IPEndPoint Client6 = IPEndPoint.Parse("[2001:db8::7]:4711");
    private static readonly IPEndPoint Server4 = IPEndPoint.Parse("198.51.100.7:443");
    private readonly List<SessionRecord> _records = [];

    void ISessionObserver.OnSessionEnded(SessionRecord record) => _records.Add(record);

    [Theory]
    [InlineData(ProxyProtocolVersion.V1)]
    [InlineData(ProxyProtocolVersion.V2)]
    public Task Session_ClientIsSilent_ServerHasItsHeaderAtOnce(ProxyProtocolVersion version) => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Observer = this;
        _records.Clear();
        var backend = await StartAsync(bed, new() { Version = version });
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        var header = await ReadAsync(backend.Accepted[0]);
        Assert.Equal((client.LocalEndPoint, client.RemoteEndPoint), (header.Source, header.Destination));
        Assert.True(bed.Scheduler.Elapsed < TimeSpan.FromSeconds(1));
        await backend.Accepted[0].SendTextAsync("220 ready");
        Assert.Equal("220 ready", await client.ReadTextAsync(9));
        await client.SendTextAsync("hello");
        Assert.Equal("hello", await backend.Accepted[0].ReadTextAsync(5));
        await bed.EndAsync(client);
        Assert.Equal((5, 5, 9, 9), (_records.Single().BytesFromClient, _records.Single().BytesToServer, _records.Single().BytesFromServer, _records.Single().BytesToClient));
    }, seeds: 5);

    [Fact]
    public Task Session_HasAHeaderItself_ItsClientAndDestinationArePassedOn() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartAsync(bed, new() { UniqueId = true, Checksum = true }, bed.NewListener().With(own => own.AcceptProxy = new() { Trusted = new(IPNetwork.Parse("0.0.0.0/0")) }));
        var client = await bed.ConnectAsync();
        ProxyTlv[] fields = [new(ProxyTlvType.Alpn, "h2"u8.ToArray()), new(ProxyTlvType.Authority, "web.example"u8.ToArray()), new(ProxyTlvType.UniqueId, "id-7"u8.ToArray())];
        var received = new ProxyHeader(Client6, Server4, fields);
        var buffer = new byte[received.GetMaxLength(ProxyProtocolVersion.V2)];
        await client.SendAsync((byte[])[.. buffer[..received.Write(buffer, ProxyProtocolVersion.V2)], .. "hello"u8]);
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        var header = await ReadAsync(backend.Accepted[0]);
        Assert.Equal((Client6, "web.example", "h2", "id-7"), (header.Source, header.Authority, Encoding.ASCII.GetString(header.Alpn.Span), Encoding.ASCII.GetString(header.UniqueId.Span)));
        Assert.Equal(Server4.Address.MapToIPv6(), ((IPEndPoint)header.Destination!).Address.MapToIPv6());
        Assert.True(header.TryGetTlv(ProxyTlvType.Crc32C, out _));
        Assert.Equal("hello", await backend.Accepted[0].ReadTextAsync(5));
    });

    [Fact]
    public Task Session_EndpointRefuses_TheOtherHasTheHeader() => SimulatedProxy.RunAsync(async bed =>
    {
        var (bad, good) = (await bed.AddBackendAsync(), await bed.AddBackendAsync());
        bad.Endpoint.Refuse();
        bed.Resolver.Update(EndpointSet.Create(bad.Address, good.Address));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] }, configure: static options => options.With(own => own.SendProxy = new()));
        await bed.ResolvedAsync();
        for (var i = 0; i < 5; i++)
        {
            var client = await bed.ConnectAsync();
            await bed.UntilAsync(() => good.Accepted.Count == i + 1);
            Assert.Equal(client.LocalEndPoint, (await ReadAsync(good.Accepted[i])).Source);
        }
    });

    [Theory]
    [InlineData(ProxyProtocolVersion.V1, false)]
    [InlineData(ProxyProtocolVersion.V2, true)]
    public Task Connect_WithoutAClient_IsLocal(ProxyProtocolVersion version, bool isLocal) => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartAsync(bed, new() { Version = version });
        await using var connection = await bed.Destination.ConnectAsync(TestContext.Current.CancellationToken);
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        var header = await ReadAsync(backend.Accepted[0]);
        Assert.Equal((isLocal, null, null), (header.IsLocal, header.Source, header.Destination));
    });

    [Theory]
    [InlineData(ProxyProtocolVersion.V1, "PROXY UNKNOWN\r\n", false)]
    [InlineData(ProxyProtocolVersion.V2, "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", false)]
    [InlineData(ProxyProtocolVersion.V1, "PROXY UNKNOWN\r\nPING", true)]
    public Task Check_OfAnEndpoint_IsLocal(ProxyProtocolVersion version, string expected, bool talks) => SimulatedProxy.RunAsync(async bed =>
    {
        var seen = new List<string>();
        var backend = await bed.AddBackendAsync(async connection =>
        {
            seen.Add(await connection.ReadTextAsync(expected.Length));
            await connection.SendTextAsync("PONG");
        });
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        var check = new ActiveCheckOptions { Interval = TimeSpan.FromMilliseconds(100), Send = talks ? "PING"u8.ToArray() : default, Expect = talks ? "PONG"u8.ToArray() : default };
        await bed.StartAsync(
            new TcpProxyOptions { Listeners = [bed.NewListener()] },
            configure: options => options.With(own => (own.SendProxy, own.Check) = (new() { Version = version }, check)));
        await bed.ResolvedAsync();
        await bed.UntilAsync(() => seen.Contains(expected) && bed.Destination.Health.Checks?.Passed >= 2);

        // One that does not talk ends with a reset, which may overtake a part of the header.
        Assert.All(seen, text => Assert.StartsWith(text, expected, StringComparison.Ordinal));
    });

    [Fact]
    public Task Preconnects_AreAskedFor_NoneAreMadeAndOneWarningSaysSo() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Configure = static options => options.With(own => own.Preconnect = new() { Connections = 3 });
        var backend = await StartAsync(bed, new());
        await bed.DelayAsync(5000);
        Assert.Empty(backend.Accepted);
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal(client.LocalEndPoint, (await ReadAsync(backend.Accepted[0])).Source);
        Assert.Equal("/svc/web: no connections are made ahead (3 were asked for), as each depends on its client, by a PROXY header or by TLS", bed.Logs.Entries.Single(entry => entry.Id == 3006).Message);
    });

    [Fact]
    public void HeaderOf_AddressesThatAreNoPairOfIPAddresses_IsLocal()
    {
        var sender = new ProxyHeaderSender(new SendProxyOptions(), RandomSource.Seeded(1));
        var unix = new UnixDomainSocketEndPoint("/run/web.sock");
        foreach (var (source, destination) in new (EndPoint?, EndPoint?)[] { (unix, unix), (unix, Server4), (Client4, unix), (null, Server4), (Client4, null), (null, null) })
        {
            Assert.Same(ProxyHeader.Local, sender.HeaderOf(new TestClient(source, destination)));
        }

        Assert.Same(ProxyHeader.Local, sender.HeaderOf(null));
    }

    [Fact]
    public void HeaderOf_FieldsAreNotAskedForOrTooLong_AreLeftOut()
    {
        var client = new TestClient(Client4, Server4) { ServerName = "web", ApplicationProtocol = "h2" };
        Assert.Empty(new ProxyHeaderSender(new SendProxyOptions { Authority = false, Alpn = false }, RandomSource.Seeded(1)).HeaderOf(client).Tlvs);
        Assert.Empty(new ProxyHeaderSender(new SendProxyOptions { Version = ProxyProtocolVersion.V1 }, RandomSource.Seeded(1)).HeaderOf(client).Tlvs);
        var sender = new ProxyHeaderSender(new SendProxyOptions(), RandomSource.Seeded(1));
        Assert.Equal("web", sender.HeaderOf(client).Authority);
        Assert.Null(sender.HeaderOf(new TestClient(Client4, Server4) { ServerName = new string('a', 256) }).Authority);
    }

    [Fact]
    public void HeaderOf_UniqueIdIsAskedFor_IsOneForEachSession()
    {
        var sender = new ProxyHeaderSender(new SendProxyOptions { UniqueId = true }, RandomSource.Seeded(1));
        var (one, other) = (IdOf(new TestClient(Client4, Server4) { Id = 7 }), IdOf(new TestClient(Client4, Server4) { Id = 8 }));
        Assert.Matches("^[0-9a-f]{16}-7$", one);
        Assert.Equal(one[..^1] + "8", other);

        string IdOf(TestClient client) => Encoding.ASCII.GetString(sender.HeaderOf(client).UniqueId.Span);
    }

    private static async Task<SimulatedBackend> StartAsync(SimulatedProxy bed, SendProxyOptions header, ListenerOptions? listener = null)
    {
        var configure = bed.Configure;
        bed.Configure = options => configure(options).With(own => own.SendProxy = header);
        return await bed.StartAsync(listener ?? bed.NewListener());
    }

    private static async Task<ProxyHeader> ReadAsync(TransportConnection connection)
    {
        while (true)
        {
            var received = await connection.ReceiveAsync();
            Assert.False(received.Data.IsEmpty, received.Status.ToString());
            var result = ProxyHeader.Read(received.Data.Span);
            Assert.Null(result.Error);
            connection.Advance(result.Consumed);
            if (result.Header is { } header)
            {
                return header;
            }
        }
    }

    private sealed class TestClient(EndPoint? client, EndPoint? local) : IClientContext
    {
        public bool HasAskedForTls => false;

        public bool HasOwnTls => false;

        public long Id { get; init; }

        public EndPoint? Client => client;

        public EndPoint? Local => local;

        public string? ServerName { get; init; }

        public string? ApplicationProtocol { get; init; }

        public ReadOnlyMemory<byte> UniqueId => default;
    }
}
