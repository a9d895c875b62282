using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Security;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving.Routed;

/// <summary>Sessions that rules give their name by the ClientHello, which goes on to the server unchanged.</summary>
public sealed class ServerNameSessionTests
{
    private const int Refused = 4005;
    private const string Default = "/svc/default";
    private static readonly string[] Rules = ["*.example.com=/svc/{1}", "*.example=/svc/{1}", "localhost=/svc/local"];

    public static TheoryData<TransportEngine> Engines => RoutedProxy.Engines;

    /// <summary>Fragmentations: of TCP, of TLS.</summary>
    public static TheoryData<TransportEngine, int, int> Fragments =>
        [.. new[] { TransportEngine.Epoll, TransportEngine.Sockets }.SelectMany(engine => new[] { (1, 1 << 14), (1 << 14, 1), (1, 1), (7, 3) }.Select(sizes => (engine, sizes.Item1, sizes.Item2)))];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Hello_OfEveryRecordedClient_GoesToItsServerUnchanged(TransportEngine engine)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, Rules, Default);
        var counts = new Dictionary<string, int>();
        foreach (var row in RecordedHellos.All)
        {
            var (file, name, _, _, _) = row.Data;
            var expected = name switch { null => Default, "localhost" => "/svc/local", _ => "/svc/" + name[..name.IndexOf('.')] };
            var hello = RecordedHellos.Read(file);
            using var client = await bed.SendAsync(hello);
            Assert.Equal(expected, await RoutedProxy.ReadLineAsync(client));
            var index = counts[expected] = counts.GetValueOrDefault(expected) + 1;
            Assert.Equal(hello, await bed.Server(expected).ReceivedAsync(hello.Length, index - 1));
            client.Shutdown(SocketShutdown.Send);
            var record = await bed.NextAsync();
            Assert.Equal((name, null, expected, "--"), (record.Session.ServerName, record.Session.ApplicationProtocol, record.Session.Name!.ToString(), record.Reason.ToString()));
            Assert.Equal((hello.Length, hello.Length), (record.BytesFromClient, record.BytesToServer));
        }

        // A name that rules gave is held for its sessions, and that of the listener for the listener.
        Assert.All(bed.Registry.Destinations, destination => Assert.Equal(destination.Name.ToString() == Default ? 1 : 0, destination.Use.Holds));
    }

    [Theory]
    [MemberData(nameof(Fragments))]
    public async Task Hello_InAnyFragments_GoesToItsServerUnchanged(TransportEngine engine, int segment, int record)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, Rules);
        var hello = HelloBuilder.Records(HelloBuilder.Message(new HelloBuilder().WithName("WWW.example.com.").WithProtocols("h2").Body()), record);
        using var client = await bed.ConnectAsync();
        foreach (var piece in hello.Chunk(segment))
        {
            await client.SendAllAsync(piece);
        }

        Assert.Equal("/svc/www", await RoutedProxy.ReadLineAsync(client));
        await client.SendAllAsync("more"u8.ToArray());
        Assert.Equal((byte[])[.. hello, .. "more"u8], await bed.Server("/svc/www").ReceivedAsync(hello.Length + 4));
    }

    [Theory]
    [InlineData(TransportEngine.Epoll, 1 << 14)]
    [InlineData(TransportEngine.Sockets, 1 << 14)]
    [InlineData(TransportEngine.Epoll, 6)]
    [InlineData(TransportEngine.Sockets, 6)]
    public async Task Hello_Of64KiB_GoesToItsServerUnchanged(TransportEngine engine, int record)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, Rules);
        var hello = LongHello(record);
        using var client = await bed.SendAsync(hello);
        Assert.Equal("/svc/www", await RoutedProxy.ReadLineAsync(client));
        Assert.Equal(hello, await bed.Server("/svc/www").ReceivedAsync(hello.Length));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Hello_Of64KiBInRecordsOfOneByte_IsRefused(TransportEngine engine)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, Rules, Default);
        using var client = await bed.ConnectAsync();
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            await client.SendAllAsync(LongHello(1));
            await RoutedProxy.ReadToEndAsync(client);
        });
        var record = await bed.NextAsync();
        Assert.Equal("PA:tls", record.Reason.ToString());
        Assert.StartsWith("the ClientHello has not ended after 13", record.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TransportEngine.Epoll, "www.other.test", 112)]
    [InlineData(TransportEngine.Sockets, "www.other.test", 112)]
    [InlineData(TransportEngine.Epoll, "a.b.example.com", 112)]
    [InlineData(TransportEngine.Epoll, null, 109)]
    [InlineData(TransportEngine.Sockets, null, 109)]
    public async Task Hello_NoRuleApplies_GetsTheAlertAndTheFin(TransportEngine engine, string? name, int alert)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, Rules);
        var hello = (name is null ? new HelloBuilder() : new HelloBuilder().WithName(name)).WithProtocols("\u001a\u001a", "h2");
        using var client = await bed.SendAsync(hello.Bytes());
        Assert.Equal([21, 3, 3, 0, 2, 2, (byte)alert], await RoutedProxy.ReadToEndAsync(client));
        var record = await bed.NextAsync();
        var said = $"{(name is null ? "no server name" : $"server name '{name}'")}, ALPN \\x1a\\x1a,h2";
        Assert.Equal(("PA:no_route", said), (record.Reason.ToString(), record.Detail));
        Assert.Contains($"to no name was refused: no_route, {said}", bed.Logs.WaitFor(Refused, RoutedProxy.Limit), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Hello_EarlyDataBehindItAndNoRule_AlertArrives(TransportEngine engine)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, ["other.test=/svc/other"]);
        using var client = await bed.SendAsync(RecordedHellos.Read("openssl-early-data"));
        Assert.Equal([21, 3, 3, 0, 2, 2, 112], await RoutedProxy.ReadToEndAsync(client));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Hello_NoRuleApplies_GoesToTheDefault(TransportEngine engine)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, Rules, Default);
        var hello = new HelloBuilder().WithName("www.other.test").Bytes();
        using var client = await bed.SendAsync(hello);
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
        Assert.Equal(hello, await bed.Server(Default).ReceivedAsync(hello.Length));
    }

    [Fact]
    public async Task Hello_NoRuleApplies_GoesByTheRouteWhichMayRefuse()
    {
        await using var bed = await RoutedProxy.StartAsync(
            TransportEngine.Epoll, Rules, configure: listener => listener.Route = static context => context.ServerName == "www.other.test" ? DstPath.Parse("/svc/routed") : null);
        using var routed = await bed.SendAsync(new HelloBuilder().WithName("www.other.test").Bytes());
        Assert.Equal("/svc/routed", await RoutedProxy.ReadLineAsync(routed));
        using var ruled = await bed.SendAsync(new HelloBuilder().WithName("www.example.com").Bytes());
        Assert.Equal("/svc/www", await RoutedProxy.ReadLineAsync(ruled));
        using var refused = await bed.SendAsync(new HelloBuilder().WithName("third.test").Bytes());
        Assert.Equal([21, 3, 3, 0, 2, 2, 112], await RoutedProxy.ReadToEndAsync(refused));
    }

    [Theory]
    [InlineData("", "/svc/any")]
    [InlineData("h2", "/svc/h2")]
    [InlineData("spdy,h2,http/1.1", "/svc/h2")]
    [InlineData("http/1.1", "/svc/any")]
    public async Task Hello_RulesOfProtocols_ApplyToThoseThatAreOffered(string offered, string expected)
    {
        await using var bed = await RoutedProxy.StartAsync(TransportEngine.Epoll, ["www.example.com,alpn=h2=/svc/h2", "www.example.com=/svc/any", "alpn=postgresql=/svc/pg"]);
        using var client = await bed.SendAsync(With("www.example.com", offered).Bytes());
        Assert.Equal(expected, await RoutedProxy.ReadLineAsync(client));
        using var nameless = await bed.SendAsync(With(null, "postgresql").Bytes());
        Assert.Equal("/svc/pg", await RoutedProxy.ReadLineAsync(nameless));
    }

    [Theory]
    [InlineData(TransportEngine.Epoll, true)]
    [InlineData(TransportEngine.Sockets, true)]
    [InlineData(TransportEngine.Epoll, false)]
    public async Task Hello_IsMalformed_GetsItsAlertAndGoesNowhere(TransportEngine engine, bool hasDefault)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, Rules, hasDefault ? Default : null);
        using var client = await bed.SendAsync(HelloBuilder.Record(HelloBuilder.Message([1, 2, 3])));
        Assert.Equal([21, 3, 3, 0, 2, 2, 50], await RoutedProxy.ReadToEndAsync(client));
        var record = await bed.NextAsync();
        Assert.Equal("PA:tls", record.Reason.ToString());
        Assert.Contains("of the ClientHello is cut short", record.Detail, StringComparison.Ordinal);
        Assert.Equal(0, bed.Server(Default).Count);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Label_CapturedByAWildcard_IsOneLabelOfTheName(TransportEngine engine)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, ["*.*.example.com=/svc/{2}/x/{1}"]);
        foreach (var (name, expected) in new[] { ("A-1.B_2.Example.COM", "/svc/b_2/x/a-1"), ("_.--.example.com", "/svc/--/x/_") })
        {
            using var client = await bed.SendAsync(new HelloBuilder().WithName(name).Bytes());
            Assert.Equal(expected, await RoutedProxy.ReadLineAsync(client));
        }
    }

    [Fact]
    public async Task Names_ManyChosenByClients_StayBoundedAndFixedOnesAreServed()
    {
        const int Most = 50;
        await using var bed = await RoutedProxy.StartAsync(
            TransportEngine.Epoll,
            ["*.example.com=/svc/{1}", "fixed.test=/svc/fixed"],
            limits: new DestinationRegistryOptions { MaxClientNamed = Most },
            destinations: static (name, options) => options.Resolver = name.ToString() == "/svc/fixed" ? options.Resolver : new StaticResolver());
        await Parallel.ForEachAsync(Enumerable.Range(0, 10_000), new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = Cancelled }, async (i, _) =>
        {
            try
            {
                using var client = await bed.SendAsync(new HelloBuilder().WithName($"n{i}.example.com").Bytes());
                await RoutedProxy.ReadToEndAsync(client);
            }
            catch (SocketException)
            {
                // Refused, as expected.
                return;
            }
        });
        Assert.Equal(Most, bed.Registry.Destinations.Count());
        using var served = await bed.SendAsync(new HelloBuilder().WithName("fixed.test").Bytes());
        Assert.Equal("/svc/fixed", await RoutedProxy.ReadLineAsync(served));
        Assert.Contains(bed.Logs.Entries, static entry => entry.Id == Refused && entry.Message.Contains("was refused: destinations_full, server name 'n", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Rules_ChangeWhileTheListenerRuns_ApplyToNewSessionsAndOldOnesGoOn(TransportEngine engine)
    {
        await using var bed = await RoutedProxy.StartAsync(engine, ["www.example.com=/svc/old"]);
        var hello = new HelloBuilder().WithName("www.example.com").Bytes();
        using var old = await bed.SendAsync(hello);
        Assert.Equal("/svc/old", await RoutedProxy.ReadLineAsync(old));
        await bed.Proxy.ApplyAsync(RoutedProxy.Options(["www.example.com=/svc/new"], Default, endPoint: bed.EndPoint), Cancelled);
        using var next = await bed.SendAsync(hello);
        Assert.Equal("/svc/new", await RoutedProxy.ReadLineAsync(next));
        using var plain = await bed.SendAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray());
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(plain));
        await old.SendAllAsync("more"u8.ToArray());
        await bed.Server("/svc/old").ReceivedAsync(hello.Length + 4);

        // Without rules nothing is looked at any more.
        await bed.Proxy.ApplyAsync(RoutedProxy.Options([], Default, endPoint: bed.EndPoint), Cancelled);
        using var unlooked = await bed.SendAsync(hello);
        Assert.Equal(Default, await RoutedProxy.ReadLineAsync(unlooked));
        old.Shutdown(SocketShutdown.Send);
        Assert.Equal("/svc/old", (await bed.NextAsync()).Session.Name!.ToString());
        Assert.Equal(0, bed.Registry.Get(DstPath.Parse("/svc/old")).Use.Holds - 1);
    }

    [Fact]
    public async Task Rule_GivesTheNameOfTheDefault_HoldsStayInBalance()
    {
        await using var bed = await RoutedProxy.StartAsync(TransportEngine.Epoll, ["www.example.com=" + Default], Default);
        using (var client = await bed.SendAsync(new HelloBuilder().WithName("www.example.com").Bytes()))
        {
            Assert.Equal(Default, await RoutedProxy.ReadLineAsync(client));
            client.Shutdown(SocketShutdown.Send);
            await bed.NextAsync();
        }

        Assert.Equal(1, bed.Registry.Destinations.Single().Use.Holds);
    }

    [Fact]
    public async Task Header_OfAProxyBefore_ComesFirstAndItsNameCountsWithoutAHello()
    {
        await using var bed = await RoutedProxy.StartAsync(
            TransportEngine.Epoll,
            Rules,
            Default,
            static listener => listener.AcceptProxy = new AcceptProxyOptions { Trusted = new ClientNetworks(System.Net.IPNetwork.Parse("127.0.0.0/8")) },
            static (_, options) => options.SendProxy = new SendProxyOptions { Authority = true });
        foreach (var (own, expected) in new[] { ("www.example.com", "/svc/www"), (null, "/svc/api") })
        {
            var header = HeaderOf("api.example.com");
            var rest = own is null ? "GET / HTTP/1.0\r\n\r\n"u8.ToArray() : new HelloBuilder().WithName(own).Bytes();
            using var client = await bed.SendAsync([.. header, .. rest]);
            Assert.Equal(expected, await RoutedProxy.ReadLineAsync(client));
            var received = await bed.Server(expected).ReceivedAsync(rest.Length);
            var sent = ProxyHeader.Read(received);
            Assert.Equal(own ?? "api.example.com", sent.Header!.Authority);
            Assert.Equal(rest, (await bed.Server(expected).ReceivedAsync(sent.Consumed + rest.Length))[sent.Consumed..]);
        }
    }

    [Fact]
    public async Task Options_RulesAlone_AreEnough()
    {
        await using var router = new DestinationRegistry(new StaticResolver());
        await using var proxy = new TcpProxy(RoutedProxy.Options(Rules), router);
        Assert.Empty(proxy.LocalEndPoints);
    }

    [Fact]
    public void Options_RulesThatNeverCount_AreErrorsWithTheirPath()
    {
        var options = RoutedProxy.Options(["a.test=/svc/a", "b.test=/svc/b", "A.test.=/svc/c"]);
        Assert.Equal(["Listeners[0].ServerNameRules[2]: 'a.test=/svc/c' never counts, as 'a.test=/svc/a' comes first; expected each pattern once."], ErrorsOf(options));
        options.Listeners[0].ServerNameRules = [null!];
        Assert.Equal(["Listeners[0].ServerNameRules[0]: a value was expected, not null."], ErrorsOf(options));
        options.Listeners[0].ServerNameRules = null!;
        Assert.Equal(["Listeners[0].ServerNameRules: a value was expected, not null."], ErrorsOf(options));
        options.Listeners[0].ServerNameRules = [];
        Assert.Equal(["Listeners[0].Destination: a name, or Route or ServerNameRules in its place, was expected, not null."], ErrorsOf(options));
    }

    private static IEnumerable<string> ErrorsOf(TcpProxyOptions options) =>
        Assert.Throws<InvalidOptionsException>(() => new TcpProxy(options, new DestinationRegistry(new StaticResolver()))).Errors.Select(static error => error.ToString());

    private static HelloBuilder With(string? name, string protocols)
    {
        var hello = name is null ? new HelloBuilder() : new HelloBuilder().WithName(name);
        return protocols.Length == 0 ? hello : hello.WithProtocols(protocols.Split(','));
    }

    // 64 KiB with the padding, which is no extension that is read.
    private static byte[] LongHello(int record)
    {
        var hello = new HelloBuilder().WithName("www.example.com");
        hello.With(21, new byte[65_400 - hello.Body().Length]);
        return HelloBuilder.Records(HelloBuilder.Message(hello.Body()), record);
    }

    private static byte[] HeaderOf(string authority)
    {
        var endPoint = System.Net.IPEndPoint.Parse("192.0.2.1:1234");
        var header = new ProxyHeader(endPoint, endPoint, [new ProxyTlv(ProxyTlvType.Authority, Encoding.UTF8.GetBytes(authority))]);
        var buffer = new byte[header.GetMaxLength(ProxyProtocolVersion.V2)];
        return buffer[..header.Write(buffer, ProxyProtocolVersion.V2)];
    }
}
