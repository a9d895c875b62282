using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving.Routed;

/// <summary>
/// Scenario 20: clients that say nothing on a listener that looks for server names: protocols in which the server speaks first, port scans, both sides closing at once, urgent data, no keep-alive.
/// </summary>
public sealed class ServerFirstScenario
{
    private const string Default = "/svc/default";
    private static readonly string[] Rules = ["*.example.com=/svc/{1}"];
    private static readonly byte[] Greeting = "220 mail.example ESMTP\n"u8.ToArray();

    public static TheoryData<TransportEngine> Engines => RoutedProxy.Engines;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task ServerFirst_ThereIsADefault_ServerSpeaksAfterTheTimeoutAndBothWaysGoOn(TransportEngine engine)
    {
        await using var bed = await StartAsync(engine, Default);
        bed.Server(Default).Greeting = Greeting;
        using var client = await bed.ConnectAsync();
        Assert.Equal("220 mail.example ESMTP", await RoutedProxy.ReadLineAsync(client));
        await client.SendAllAsync("EHLO client\r\n"u8.ToArray());
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
        Assert.Equal("EHLO client\r\n"u8.ToArray(), await bed.Server(Default).ReceivedAsync(13));

        // Much more than a window, over the fast path of the engine.
        var data = new byte[3 << 20];
        Random.Shared.NextBytes(data);
        await client.SendAllAsync(data);
        client.Shutdown(SocketShutdown.Send);
        var received = await bed.Server(Default).ReceivedAsync(13 + data.Length);
        Assert.True(data.AsSpan().SequenceEqual(received.AsSpan(13)));
        var record = await bed.NextAsync();
        Assert.Equal(("--", 13 + data.Length, 13 + data.Length), (record.Reason.ToString(), record.BytesFromClient, record.BytesToServer));
        Assert.InRange(record.Prelude.TotalMilliseconds, 290, 5000);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task ServerFirst_ThereIsNoDefault_ClientIsResetAtTheTimeout(TransportEngine engine)
    {
        await using var bed = await StartAsync(engine, null);
        using var client = await bed.ConnectAsync();
        await RoutedProxy.ExpectResetAsync(client);
        Assert.Equal("cA", (await bed.NextAsync()).Reason.ToString());
    }

    [Theory]
    [InlineData(TransportEngine.Epoll, "\u0016")]
    [InlineData(TransportEngine.Sockets, "\u0016\u0003\u0001\u0002")]
    [InlineData(TransportEngine.Epoll, "\0\0\0")]
    [InlineData(TransportEngine.Sockets, "\0")]
    public async Task Client_BeginsAsTlsOrPostgresAndStops_GoesToTheDefaultWithItsBytes(TransportEngine engine, string bytes)
    {
        await using var bed = await StartAsync(engine, Default);
        using var client = await bed.SendAsync(Encoding.Latin1.GetBytes(bytes));
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
        await client.SendAllAsync("rest"u8.ToArray());
        Assert.Equal(bytes + "rest", Encoding.Latin1.GetString(await bed.Server(Default).ReceivedAsync(bytes.Length + 4)));
    }

    [Theory]
    [InlineData(TransportEngine.Epoll, Default)]
    [InlineData(TransportEngine.Sockets, Default)]
    [InlineData(TransportEngine.Epoll, null)]
    [InlineData(TransportEngine.Sockets, null)]
    public async Task PortScan_NoByteAndAFinOrAReset_EndsQuietly(TransportEngine engine, string? otherwise)
    {
        await using var bed = await StartAsync(engine, otherwise);
        foreach (var resets in new[] { false, true })
        {
            using var client = await bed.ConnectAsync();
            client.Close(resets ? 0 : -1);
            Assert.Equal("CA", (await bed.NextAsync()).Reason.ToString());
        }

        Assert.DoesNotContain(bed.Logs.Entries, static entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
        Assert.Equal((0, 0), (bed.Proxy.ActiveSessions, bed.Server(Default).Count));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Client_SendsALittleAndItsFin_GoesToTheDefaultAndGetsItsAnswer(TransportEngine engine)
    {
        await using var bed = await StartAsync(engine, Default, Timeout.InfiniteTimeSpan);
        using var client = await bed.SendAsync(0, 0, 0);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(Default + "\n", Encoding.ASCII.GetString(await RoutedProxy.ReadToEndAsync(client)));
        Assert.Equal([0, 0, 0], await bed.Server(Default).ReceivedAsync(3));
        Assert.Equal("--", (await bed.NextAsync()).Reason.ToString());
    }

    [Theory]
    [InlineData(TransportEngine.Epoll, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData(TransportEngine.Sockets, "EHLO x\r\n")]
    [InlineData(TransportEngine.Epoll, "\u0080\u002e\u0001\u0003\u0001")]
    public async Task Client_IsNotTls_GoesToTheDefaultAtOnce(TransportEngine engine, string bytes)
    {
        await using var bed = await StartAsync(engine, Default, Timeout.InfiniteTimeSpan);
        using var client = await bed.SendAsync(Encoding.Latin1.GetBytes(bytes));
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
        Assert.Equal(bytes, Encoding.Latin1.GetString(await bed.Server(Default).ReceivedAsync(bytes.Length)));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task BothSides_CloseAtOnce_IsTheNormalEnd(TransportEngine engine)
    {
        await using var bed = await StartAsync(engine, Default);
        for (var i = 0; i < 20; i++)
        {
            using var client = await bed.SendAsync("x\n"u8.ToArray());
            Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
            bed.Server(Default).Finish(i);
            client.Shutdown(SocketShutdown.Send);
            Assert.Empty(await RoutedProxy.ReadToEndAsync(client));
            Assert.Equal("--", (await bed.NextAsync()).Reason.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task UrgentData_BesideTheRest_RestArrives(TransportEngine engine)
    {
        await using var bed = await StartAsync(engine, Default, keepAlive: false);
        using var client = await bed.SendAsync("USER\n"u8.ToArray());
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
        client.Send("!"u8, SocketFlags.OutOfBand);
        await client.SendAllAsync("PASS\n"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);

        // The urgent byte is out of the stream (RFC 9293, 3.8.5; SO_OOBINLINE is off) and goes no further.
        Assert.Equal("--", (await bed.NextAsync()).Reason.ToString());
        Assert.Equal("USER\nPASS\n", Encoding.ASCII.GetString(await bed.Server(Default).ReceivedAsync(10)));
    }

    private static async Task<RoutedProxy> StartAsync(TransportEngine engine, string? otherwise, TimeSpan? timeout = null, bool keepAlive = true) =>
        await RoutedProxy.StartAsync(engine, Rules, otherwise, listener => listener.PreludeTimeout = timeout ?? TimeSpan.FromMilliseconds(300), proxy: keepAlive ? null : static proxy => proxy.Tcp = new TcpOptions { KeepAliveTime = TimeSpan.Zero });
}
