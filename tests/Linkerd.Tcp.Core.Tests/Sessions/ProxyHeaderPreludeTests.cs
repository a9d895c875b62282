using System.Net;
using System.Text;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

/// <summary>PROXY headers of the peers of a listener that accepts them.</summary>
public sealed class ProxyHeaderPreludeTests : ISessionObserver
{
    private const int Refused = 4005;
    private const string Line = "PROXY TCP4 192.0.2.7 198.51.100.7 4711 443\r\n";
    private static readonly IPEndPoint Client = IPEndPoint.Parse("192.0.2.7:4711");
    private static readonly IPEndPoint Destination = IPEndPoint.Parse("198.51.100.7:443");
    private readonly List<SessionRecord> _records = [];

    void ISessionObserver.OnSessionEnded(SessionRecord record) => _records.Add(record);

    [Theory]
    [InlineData(ProxyProtocolVersion.V1)]
    [InlineData(ProxyProtocolVersion.V2)]
    public Task Header_SplitAtAnyByte_IsReadAndTheRestGoesToTheServer(ProxyProtocolVersion version) => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Observer = this;
        _records.Clear();
        var backend = await bed.StartAsync(ListenerOf(bed, Everybody));
        byte[] sent = [.. Bytes(Full, version), .. "hello"u8];
        for (var at = 0; at <= sent.Length; at++)
        {
            var client = await bed.ConnectAsync();
            await client.SendAsync(sent.AsMemory(0, at));
            await bed.DelayAsync(10);
            await client.SendAsync(sent.AsMemory(at));
            await bed.UntilAsync(() => backend.Accepted.Count == 1);
            Assert.Equal("hello", await backend.Accepted[0].ReadTextAsync(5));
            await bed.EndAsync(client);
            backend.Accepted.Clear();
            Assert.Equal((Client, Destination, client.LocalEndPoint), (_records[^1].Session.Client, _records[^1].Session.Local, _records[^1].Session.Peer));
        }

        Assert.All(_records, record => Assert.Equal(5, record.BytesFromClient));
    }, seeds: 3);

    [Fact]
    public Task Header_WithFields_AreOfTheSession() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Observer = this;
        SessionContext? routed = null;
        var listener = new ListenerOptions(bed.ProxyHost.AnyPort, context =>
        {
            routed = context;
            return SimulatedProxy.Name;
        });
        await bed.StartAsync(listener.With(own => own.AcceptProxy = new() { Trusted = Everybody }));
        var client = await bed.ConnectAsync();
        await client.SendAsync(Bytes(Full, ProxyProtocolVersion.V2));
        await bed.UntilAsync(() => routed is not null);
        Assert.Equal((Client, Destination, "web.example", "h2"), (routed!.Client, routed.Local, routed.ServerName, routed.ApplicationProtocol));
        Assert.Equal("id-7", Encoding.ASCII.GetString(routed.ProxyHeader!.UniqueId.Span));
        await bed.EndAsync(client);
        Assert.Same(routed.ProxyHeader, _records.Single().Session.ProxyHeader);
        Assert.Equal("web.example", _records.Single().Session.ServerName);
    });

    public static TheoryData<string> WithoutAddresses =>
    [
        "PROXY UNKNOWN\r\n",
        "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n",
        Encoding.Latin1.GetString(Bytes(ProxyHeader.Local, ProxyProtocolVersion.V2)),
        "\r\n\r\n\0\r\nQUIT\n\x21\0\0\0", // PROXY with UNSPEC
        "\r\n\r\n\0\r\nQUIT\n\x20\x11\0\x0c" + "\x01\x01\x01\x01\x02\x02\x02\x02\0\x01\0\x02", // LOCAL with addresses
    ];

    [Theory]
    [MemberData(nameof(WithoutAddresses))]
    public Task Header_WithoutAddresses_TheSocketsCount(string header) => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Observer = this;
        var backend = await bed.StartAsync(ListenerOf(bed, Everybody));
        var client = await bed.ConnectAsync();
        await client.SendAsync((byte[])[.. Encoding.Latin1.GetBytes(header), .. "hello"u8]);
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal("hello", await backend.Accepted[0].ReadTextAsync(5));
        await bed.EndAsync(client);
        Assert.Equal((client.LocalEndPoint, client.RemoteEndPoint), (_records.Single().Session.Client, _records.Single().Session.Local));
    });

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n", "the connection begins with ")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.7 4711 443\n", "")]
    [InlineData("PROXY TCP4 192.0.2.256 198.51.100.7 1 2\r\n", "")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x31", "")] // Version 3.
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", "")] // Longer than what is read.
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\xc0\0\x02\x01\xc6\x33\x64\x07\xdc\x04\x01\xbb\x03\0\x04\x01\x02\x03\x04", "")] // A bad checksum.
    public Task Header_Invalid_IsRefusedAtOnceWithItsWords(string text, string words) => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(ListenerOf(bed, Everybody));
        var client = await bed.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(text));
        await SimulatedProxy.ExpectResetAsync(client);
        await EndedAsync(bed, "PA:proxy_protocol");
        Assert.Equal((0, 1), (backend.Accepted.Count, (int)bed.Refused("proxy_protocol")));
        Assert.Contains($"was refused: proxy_protocol, the PROXY header is invalid: {words}", bed.Logs.Entries.Single(entry => entry.Id == Refused).Message, StringComparison.Ordinal);
        Assert.True(bed.Scheduler.Elapsed < TimeSpan.FromSeconds(1));
    });

    [Fact]
    public Task Header_EndsWithinIt_ClientHasLeft() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(ListenerOf(bed, Everybody));
        var client = await bed.ConnectAsync();
        await client.SendTextAsync(Line[..20]);
        client.ShutdownSend();
        await SimulatedProxy.ExpectResetAsync(client);
        await EndedAsync(bed, "CA");
        Assert.Empty(backend.Accepted);
    });

    [Fact]
    public Task Header_NeverComplete_IsResetAtTheTimeout() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(ListenerOf(bed, Everybody));
        var client = await bed.ConnectAsync();
        await client.SendTextAsync(Line[..20]);
        await SimulatedProxy.ExpectResetAsync(client);
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 5, 5.2);
        await EndedAsync(bed, "cA");
    });

    [Fact]
    public Task Header_LongerThanTheCap_IsRefused() => SimulatedProxy.RunAsync(async bed =>
    {
        var long2 = Bytes(new ProxyHeader(Client, Destination, new ProxyTlv(ProxyTlvType.Noop, new byte[2000])), ProxyProtocolVersion.V2);
        await bed.StartAsync(ListenerOf(bed, Everybody).With(own => own.MaxPreludeBytes = 2048));
        var client = await bed.ConnectAsync();
        await client.SendAsync(long2);
        await SimulatedProxy.ExpectResetAsync(client);
        await EndedAsync(bed, "PA:proxy_protocol");
    });

    [Fact]
    public Task Peer_NotTrusted_IsRefusedAtAcceptAndCostsNoSession() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Observer = this;
        var backend = await bed.StartAsync(ListenerOf(bed, Nobody));
        for (var i = 0; i < 3; i++)
        {
            await bed.ConnectRefusedAsync();
        }

        await EndedAsync(bed, "PA:proxy_protocol", 3);
        Assert.Equal((0, 3, 0), (backend.Accepted.Count, (int)bed.Refused("proxy_protocol"), _records.Count));
        Assert.Contains("was refused: proxy_protocol, PROXY headers are accepted from 203.0.113.0/24 only", bed.Logs.Entries.Single(entry => entry.Id == Refused).Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Peer_NotTrustedAndPlain_ItsBytesAreCopiedUnread() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Observer = this;
        var backend = await bed.StartAsync(ListenerOf(bed, Nobody).With(own => own.AcceptProxy!.AcceptUntrusted = true));
        var client = await bed.ConnectAsync();
        await client.SendTextAsync(Line);
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal(Line, await backend.Accepted[0].ReadTextAsync(Line.Length));
        await bed.EndAsync(client);
        Assert.Equal((client.LocalEndPoint, null), (_records.Single().Session.Client, _records.Single().Session.ProxyHeader));
    });

    [Fact]
    public Task Header_NamesAClient_LimitsAndLogsHaveThatOne() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(ListenerOf(bed, Everybody).With(own => own.MaxSessionsPerClient = 1));
        var one = await bed.ConnectAsync();
        await one.SendTextAsync(Line);
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        var same = await bed.ConnectAsync(bed.ClientAt("10.9.9.9"));
        await same.SendTextAsync(Line);
        await SimulatedProxy.ExpectResetAsync(same);
        await bed.UntilAsync(() => bed.Refused("client_sessions") == 1);
        Assert.StartsWith("192.0.2.7:4711 to /svc/web was refused: client_sessions", bed.Logs.Entries.Single(entry => entry.Id == Refused).Message, StringComparison.Ordinal);
        var other = await bed.ConnectAsync();
        await other.SendTextAsync(Line.Replace("2.7", "2.8", StringComparison.Ordinal));
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
    });

    private static ProxyHeader Full => new(
        Client,
        Destination,
        new ProxyTlv(ProxyTlvType.Alpn, "h2"u8.ToArray()),
        new ProxyTlv(ProxyTlvType.Authority, "web.example"u8.ToArray()),
        new ProxyTlv(ProxyTlvType.UniqueId, "id-7"u8.ToArray()));

    private static ClientNetworks Everybody => new(IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0"));

    private static ClientNetworks Nobody => new(IPNetwork.Parse("203.0.113.0/24"));

    private static ListenerOptions ListenerOf(SimulatedProxy bed, ClientNetworks trusted) => bed.NewListener().With(own => own.AcceptProxy = new() { Trusted = trusted });

    private static byte[] Bytes(ProxyHeader header, ProxyProtocolVersion version)
    {
        var buffer = new byte[header.GetMaxLength(version)];
        return buffer[..header.Write(buffer, version, withChecksum: true)];
    }

    private static async Task EndedAsync(SimulatedProxy bed, string reason, int count = 1)
    {
        await bed.UntilAsync(() => bed.Closed(reason) == count && bed.Proxy.ActiveSessions == 0);
        Assert.Equal(count, (int)bed.Counters.CountAll("linkerd.tcp.sessions.closed"));
        Assert.Equal(0, bed.ProxyHost.Descriptors);
    }
}
