using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>--accept-proxy</c> of the real executable, with every header that a peer may send, and may fail to send.</summary>
public sealed class AcceptProxyTests
{
    private static readonly IPEndPoint Client4 = IPEndPoint.Parse("192.0.2.1:56324");
    private static readonly IPEndPoint Client6 = IPEndPoint.Parse("[2001:db8::1]:56324");
    private static readonly IPEndPoint Server4 = IPEndPoint.Parse("198.51.100.7:443");

    public static TheoryData<string> Engines => TransportFactory.IsSupported(TransportEngine.Epoll) ? ["epoll", "sockets"] : ["sockets"];

    public static TheoryData<string, ProxyProtocolVersion> EnginesAndVersions =>
        [.. Engines.SelectMany(engine => Enum.GetValues<ProxyProtocolVersion>().Select(version => (engine.Data, version)))];

    // Scenario: the header in two segments, at every byte, with data behind it in the second.
    [Theory]
    [MemberData(nameof(EnginesAndVersions))]
    public async Task Accept_HeaderSplitAtEveryByte_IsReadAndTheDataComeWhole(string engine, ProxyProtocolVersion version)
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--transport", engine, "--accept-proxy", "127.0.0.1");
        foreach (var header in new[] { Bytes(new(Client4, Server4), version), Bytes(new(Client6, Client6, new ProxyTlv(ProxyTlvType.Authority, "web"u8.ToArray())), version) })
        {
            for (var at = 0; at <= header.Length; at++)
            {
                using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
                client.NoDelay = true;
                await client.SendAllAsync(header.AsMemory(0, at));
                await client.WaitAcknowledgedAsync();
                await client.SendAllAsync((byte[])[.. header.AsSpan(at), .. "hello"u8]);
                Assert.Equal("hello", await client.ReceiveTextAsync(5).InTimeAsync());
            }
        }
    }

    private static readonly (string What, string Bytes)[] BadHeaders =
    [
        ("absent", Convert.ToHexString("GET / HTTP/1.1\r\n\r\n"u8)),
        ("oversized line", Convert.ToHexString(Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200) + "\r\n"))),
        ("oversized block", "0D0A0D0A000D0A515549540A2111FFFF"),
        ("bad checksum", "0D0A0D0A000D0A515549540A21110013C0000201C6336407DC0401BB03000401020304"),
        ("bad address", Convert.ToHexString("PROXY TCP4 192.0.2.256 198.51.100.7 1 2\r\n"u8)),
        ("version 3", "0D0A0D0A000D0A515549540A31"),
    ];

    public static TheoryData<string, string, string> Bad => [.. Engines.SelectMany(engine => BadHeaders.Select(bad => (engine.Data, bad.What, bad.Bytes)))];

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Accept_BadHeader_IsResetAtOnceAndLogged(string engine, string what, string bytes)
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--transport", engine, "--accept-proxy", "127.0.0.1");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendAllAsync(Convert.FromHexString(bytes));
        await client.IsResetAsync();
        await proxy.Error.WaitForAsync(line => line.Contains("was refused: proxy_protocol, the PROXY header is invalid: ", StringComparison.Ordinal) && line.Contains("expected ", StringComparison.Ordinal), Cancelled);
        Assert.True(server.Accepted == 0, what);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Accept_FinWithinTheHeader_ReachesNoServer(string engine)
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--transport", engine, "--accept-proxy", "127.0.0.1");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendTextAsync("PROXY TCP4 192.0.2.1");
        client.Shutdown(SocketShutdown.Send);
        await client.IsResetAsync();
        Assert.Equal(0, server.Accepted);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Accept_HeaderThatNeverComes_IsEndedByTheTimeoutOfPreludes(string engine)
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--transport", engine, "--accept-proxy", "127.0.0.1");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendTextAsync("PROXY TCP4 192.0.2.1");
        await client.IsResetAsync();
        Assert.Equal(0, server.Accepted);
    }

    [Theory]
    [MemberData(nameof(EnginesAndVersions))]
    public async Task Accept_Local_HasTheSocketsAddress(string engine, ProxyProtocolVersion version)
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartWithDebugLogAsync(server.Name, "--transport", engine, "--accept-proxy", "127.0.0.1");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendAllAsync(Bytes(ProxyHeader.Local, version));
        await client.EchoAsync("hello");
        var told = client.LocalEndPoint!.ToString()!;
        client.Shutdown(SocketShutdown.Both);
        await proxy.Error.WaitForAsync(line => line.Contains($"] {told} to ", StringComparison.Ordinal), Cancelled);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Accept_UntrustedPeer_IsRefusedWhateverItSends(string engine)
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--transport", engine, "--accept-proxy", "192.0.2.0/24,::1");
        foreach (var bytes in new[] { Bytes(new(Client4, Server4), ProxyProtocolVersion.V2), "hello"u8.ToArray() })
        {
            // The reset may come before the runtime has looked at its connect, or while it sends.
            var error = await Assert.ThrowsAsync<SocketException>(async () =>
            {
                using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
                await client.SendAllAsync(bytes);
                await client.ReceiveToEndAsync().InTimeAsync();
            });
            Assert.True(error.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown, error.SocketErrorCode.ToString());
        }

        await proxy.Error.WaitForAsync(line => line.Contains("was refused: proxy_protocol, PROXY headers are accepted from 192.0.2.0/24, ::1 only", StringComparison.Ordinal), Cancelled);
        Assert.Equal(0, server.Accepted);
    }

    // A listener on [::] has its IPv4 peers in IPv6 form.
    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Accept_IPv4PeerOfAnIPv6Listener_MatchesIPv4Networks(string engine)
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await ProxyProcess.StartAsync(Executable.FileName, server.Name, Cancelled, ["--transport", engine, "--accept-proxy", "127.0.0.0/8"], listen: "[::]:0");
        using var client = await ClientSocket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, proxy.EndPoint.Port));
        await client.SendAllAsync(Bytes(new(Client4, Server4), ProxyProtocolVersion.V2));
        await client.EchoAsync("hello");
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static byte[] Bytes(ProxyHeader header, ProxyProtocolVersion version)
    {
        var buffer = new byte[header.GetMaxLength(version)];
        return buffer[..header.Write(buffer, version, withChecksum: true)];
    }
}
