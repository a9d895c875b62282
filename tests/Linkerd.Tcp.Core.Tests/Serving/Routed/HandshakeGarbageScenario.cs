using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Tests.Security;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving.Routed;

/// <summary>
/// Scenario 9: garbage at a listener with TLS, or that routes by server name; hellos byte by byte, across records, of more than 16 KiB, with ECH and GREASE, without a name, with an unknown one, of SSL 2.0; HTTP on the port of TLS,
/// TLS on the plain port; renegotiation; a close without close_notify. After each, the listener serves, and nothing is left behind.
/// </summary>
public sealed class HandshakeGarbageScenario
{
    private const string Default = "/svc/default";
    private static readonly string[] Rules = ["www.example.com=/svc/www"];

    /// <summary>Bytes, and what the listener that routes does with them without a default: "served", an alert, or the end.</summary>
    public static TheoryData<TransportEngine, string> Cases =>
        [.. new[] { TransportEngine.Epoll, TransportEngine.Sockets }.SelectMany(engine => Beginnings.Keys.Select(kind => (engine, kind)))];

    private static Dictionary<string, (byte[] Bytes, int Piece, string Routed)> Beginnings { get; } = new()
    {
        ["single bytes"] = (new HelloBuilder().WithName("www.example.com").Bytes(), 1, "served"),
        ["records of one byte"] = (HelloBuilder.Records(HelloBuilder.Message(new HelloBuilder().WithName("www.example.com").Body()), 1), 64 * 1024, "served"),
        ["over 16 KiB"] = (new HelloBuilder().With(21, new byte[20_000]).WithName("www.example.com").Bytes(), 64 * 1024, "served"),
        ["GREASE and ECH"] = (RecordedHellos.Read("chrome-like"), 64 * 1024, "served"),
        ["no name"] = (new HelloBuilder().Bytes(), 64 * 1024, "109"),
        ["unknown name"] = (new HelloBuilder().WithName("unknown.test").Bytes(), 64 * 1024, "112"),
        ["two names"] = (new HelloBuilder().With(0, [0, 8, 0, 0, 1, 65, 0, 0, 1, 66]).Bytes(), 64 * 1024, "50"),
        ["no host name"] = (new HelloBuilder().WithName("a\0b").Bytes(), 64 * 1024, "112"),
        ["SSLv2"] = ([0x80, 46, 1, 3, 1, 0, 21, 0, 0, 0, 16, 0, 0, 4, 0, 0, 5], 64 * 1024, "end"),
        ["HTTP"] = ("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"u8.ToArray(), 64 * 1024, "end"),
        ["zeros"] = (new byte[100], 64 * 1024, "end"),
        ["0xFF"] = ([.. Enumerable.Repeat((byte)0xFF, 100)], 64 * 1024, "end"),
        ["alert"] = ([21, 3, 3, 0, 2, 2, 40], 64 * 1024, "10"),
        ["ServerHello"] = (HelloBuilder.Record([2, 0, 0, 1, 0]), 64 * 1024, "10"),
        ["long record"] = ([22, 3, 1, 0xFF, 0xFF, 1, 0, 0, 0], 64 * 1024, "22"),
        ["empty records"] = ([.. Enumerable.Range(0, 40).SelectMany(static _ => HelloBuilder.Record([]))], 64 * 1024, "10"),
        ["flipped bit"] = (Flipped(), 64 * 1024, "50"),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Routing_AnyBeginning_IsServedOrRefusedInOrderAndTheNextIsServed(TransportEngine engine, string kind)
    {
        var (bytes, piece, expected) = Beginnings[kind];
        await using var bed = await RoutedProxy.StartAsync(engine, Rules);
        using (var client = await SendAsync(bed, bytes, piece))
        {
            if (expected == "served")
            {
                Assert.Equal("/svc/www", await RoutedProxy.ReadLineAsync(client));
                Assert.Equal(bytes, await bed.Server("/svc/www").ReceivedAsync(bytes.Length));
                client.Shutdown(SocketShutdown.Send);
            }
            else
            {
                Assert.Equal(expected == "end" ? "" : $"15-03-03-00-02-02-{int.Parse(expected):X2}", BitConverter.ToString(await RoutedProxy.ReadToEndAsync(client)));
            }
        }

        Assert.Equal(expected == "served" ? "--" : expected is "end" or "109" || kind == "unknown name" ? "PA:no_route" : "PA:tls", (await bed.NextAsync()).Reason.ToString());
        using var next = await bed.SendAsync(new HelloBuilder().WithName("www.example.com").Bytes());
        Assert.Equal("/svc/www", await RoutedProxy.ReadLineAsync(next));
        Assert.Equal(1, bed.Proxy.ActiveSessions);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Terminating_AnyBeginning_EndsInOrderAndTheNextIsServed(TransportEngine engine, string kind)
    {
        var (bytes, piece, expected) = Beginnings[kind];
        await using var bed = await StartTlsAsync(engine);
        using (var client = await SendAsync(bed, bytes, piece))
        {
            // A whole hello may be answered by a ServerHello, and then the client leaves. To others there is an alert, or the end.
            var answer = expected is "served" or "109" || kind == "unknown name" ? await ReadSomeAsync(client) : await RoutedProxy.ReadToEndAsync(client);
            Assert.True(expected == "end" ? answer is [] : answer is [21, 3, ..] || (answer is [22, 3, ..] && expected == "served"), Convert.ToHexString(answer));
        }

        Assert.Contains((await bed.NextAsync()).Reason.ToString(), (string[])["PA:tls", "CA"]);
        Assert.Equal(0, bed.Server(Default).Count);
        await ExpectServedAsync(bed);
    }

    [Fact]
    public async Task Plain_TlsOnItsPort_GoesThroughAsAnyBytes()
    {
        await using var bed = await RoutedProxy.StartAsync(TransportEngine.Epoll, [], Default);
        var hello = new HelloBuilder().WithName("www.example.com").Bytes();
        using var client = await bed.SendAsync(hello);
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
        Assert.Equal(hello, await bed.Server(Default).ReceivedAsync(hello.Length));
    }

    [Theory]
    [InlineData(TransportEngine.Epoll)]
    [InlineData(TransportEngine.Sockets)]
    public async Task Terminating_Renegotiation_IsRefusedAndHarmsNoOtherSession(TransportEngine engine)
    {
        await using var bed = await StartTlsAsync(engine);
        await using var other = await bed.ConnectTlsAsync("a.test");
        await using var transport = TransportFactory.Create(new TransportOptions { Engine = TransportEngine.Sockets });
        var connected = await transport.ConnectAsync(bed.EndPoint, new TransportConnectOptions(), TestContext.Current.CancellationToken);
        await using var raw = connected.Connection!;
        var client = new HandMadeClient(raw, isTls13: false);
        await client.HandshakeAsync();
        await client.SendTextAsync("before");
        Assert.Equal(Default, (await client.ReadTextAsync(Default.Length + 1)).TrimEnd('\n'));
        await raw.SendAsync(client.MakeHello());
        if (engine == TransportEngine.Epoll && OpenSslLibrary.Problem is null)
        {
            // By a warning (RFC 5246, section 7.2.2).
            await client.SendTextAsync("after");
            Assert.Equal("beforeafter", Encoding.ASCII.GetString(await bed.Server(Default).ReceivedAsync(11, connection: 1)));
        }
        else
        {
            Assert.Contains("D", (await bed.NextAsync()).Reason.ToString(), StringComparison.Ordinal);
        }

        await other.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(other));
    }

    [Theory]
    [InlineData(TransportEngine.Epoll)]
    [InlineData(TransportEngine.Sockets)]
    public async Task Terminating_CloseWithoutCloseNotify_HasItsOwnWord(TransportEngine engine)
    {
        await using var bed = await StartTlsAsync(engine);
        var socket = await bed.ConnectAsync();
        await using var client = await bed.ConnectTlsAsync("a.test", socket: socket);
        await client.WriteAsync("cut"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("--:truncated", (await bed.NextAsync()).Reason.ToString());
        Assert.Equal("cut", Encoding.ASCII.GetString(await bed.Server(Default).ReceivedAsync(3)));
    }

    private static byte[] Flipped()
    {
        // In the length of the list of extensions.
        var hello = new HelloBuilder().WithName("www.example.com").Bytes();
        hello[^(hello.Length - 5 - 4 - 2 - 32 - 1 - 8 - 2)] ^= 1;
        return hello;
    }

    private static async Task<Socket> SendAsync(RoutedProxy bed, byte[] bytes, int piece)
    {
        var client = await bed.ConnectAsync();
        foreach (var chunk in bytes.Chunk(piece))
        {
            await client.SendAllAsync(chunk);
        }

        return client;
    }

    private static async Task<byte[]> ReadSomeAsync(Socket client)
    {
        var buffer = new byte[16];
        return buffer[..await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken)];
    }

    private static async Task ExpectServedAsync(RoutedProxy bed)
    {
        await using var client = await bed.ConnectTlsAsync("a.test");
        await client.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
        Assert.Equal(1, bed.Proxy.ActiveSessions);
    }

    private static Task<RoutedProxy> StartTlsAsync(TransportEngine engine) =>
        RoutedProxy.StartAsync(engine, [], Default, static listener => listener.Tls = new ListenerTlsOptions { Certificates = [TlsMaterial.Files("ok")] });
}
