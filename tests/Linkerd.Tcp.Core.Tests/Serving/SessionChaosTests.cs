using System.Text;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Crowds of clients and servers that do anything, from a seed. Whatever became of a session, its places come back, and it is counted once.</summary>
public sealed class SessionChaosTests
{
    private const int Sessions = 250;
    private const int OfListener = 12;
    private const int OfClient = 4;
    private const int OfDestination = 18;
    private const int OfAll = 25;
    private static readonly string[] Clients = ["10.9.0.1", "10.9.0.2", "10.9.0.3", "2001:db8::1", "::ffff:10.9.0.1"];

    private readonly Dictionary<string, double> _closed = [];
    private bool _calm;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sessions_AnythingHappens_EveryPlaceComesBack(bool limitDestination)
    {
        await SimulatedProxy.RunAsync(bed => RunAsync(bed, limitDestination), seeds: 20);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", _closed.OrderByDescending(count => count.Value)));

        // Otherwise the test would not see what it is for.
        string[] expected = ["--", "PA:accept_rate", "PA:client_sessions", "CQ", "sC", "RC", "CD", "SD", "cD", "SL", "sL", "pD", "KD"];
        var missing = expected.Where(reason => !_closed.ContainsKey($"linkerd.tcp.sessions.closed{{reason={reason}}}")).ToArray();
        Assert.True(missing.Length == 0, $"never seen: {string.Join(", ", missing)}");
    }

    private async Task RunAsync(SimulatedProxy bed, bool limitDestination)
    {
        _calm = false;
        var backends = await StartAsync(bed, limitDestination ? OfDestination : null);
        var running = new List<Task>();
        for (var i = 0; i < Sessions; i++)
        {
            await bed.DelayAsync(Draw(bed, 60));
            running.Add(BehaveAsync(bed, await bed.ConnectAsync(bed.ClientAt(Clients[Draw(bed, Clients.Length)]), listener: Draw(bed, 2))));
        }

        await Task.WhenAll(running);
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        CheckCounters(bed);
        Assert.Equal(0, bed.ProxyHost.Descriptors);
        Assert.Equal(0, bed.Destination.SessionLimit?.Active ?? 0);
        Assert.All(bed.Destination.Balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Load));

        await FillAsync(bed, backends, limitDestination);
        foreach (var (reason, count) in bed.Counters.Counted.Where(count => count.Key.StartsWith("linkerd.tcp.sessions.closed", StringComparison.Ordinal)))
        {
            _closed[reason] = _closed.GetValueOrDefault(reason) + count;
        }
    }

    private static void CheckCounters(SimulatedProxy bed)
    {
        Assert.True(bed.Counters.Count("linkerd.tcp.sessions.accepted") is > 0 and <= Sessions);
        Assert.Equal(bed.Counters.Count("linkerd.tcp.sessions.accepted"), bed.Counters.CountAll("linkerd.tcp.sessions.closed"));
        var refused = Enum.GetValues<RejectReason>().Where(refusal => refusal != RejectReason.None).Select(refusal => (bed.Refused(refusal.ToTag()), bed.Closed(CloseReason.Rejected(refusal).Text))).ToArray();
        Assert.All(refused, count => Assert.Equal(count.Item1, count.Item2));
        Assert.Equal(refused.Sum(count => count.Item1), bed.Counters.CountAll("linkerd.tcp.sessions.refused"));
    }

    /// <summary>Every limit can be filled to its last place, and to no more.</summary>
    private async Task FillAsync(SimulatedProxy bed, List<SimulatedBackend> backends, bool limitDestination)
    {
        _calm = true;
        bed.ProxyHost.DescriptorLimit = int.MaxValue;
        backends.ForEach(backend => backend.Endpoint.Heal());
        await bed.DelayAsync(600_000);
        var all = limitDestination ? OfDestination : OfAll;
        await Task.WhenAll(Enumerable.Range(0, all).Select(i => i < OfListener
            ? ConnectGreetedAsync(bed, Clients[i / OfClient], listener: 0)
            : ConnectGreetedAsync(bed, Clients[0], listener: 1)));

        var refused = bed.Refused("destination_sessions");
        var last = await bed.ConnectAsync(listener: 1);
        if (limitDestination)
        {
            await SimulatedProxy.ExpectResetAsync(last);
        }
        else
        {
            // Longer than a session may wait for its server, not longer than one may be idle.
            await bed.DelayAsync(3_000);
        }

        Assert.Equal((limitDestination ? 1 : 0, all), (bed.Refused("destination_sessions") - refused, bed.Proxy.ActiveSessions));
        Assert.Equal(all, await bed.Proxy.DrainAsync(TimeSpan.Zero, CancellationToken.None));
        Assert.Equal((0, 0), (bed.Proxy.ActiveSessions, bed.Destination.SessionLimit?.Active ?? 0));
        Assert.Equal(all, bed.Closed("KD"));
        Assert.Equal(bed.Counters.Count("linkerd.tcp.sessions.accepted"), bed.Counters.CountAll("linkerd.tcp.sessions.closed"));
    }

    private static async Task ConnectGreetedAsync(SimulatedProxy bed, string client, int listener) =>
        Assert.Equal("hi", await (await bed.ConnectAsync(bed.ClientAt(client), listener)).ReadTextAsync(2));

    private async Task<List<SimulatedBackend>> StartAsync(SimulatedProxy bed, int? destinationSessions)
    {
        bed.Network.DefaultLink = SimulatedLinkOptions.Draw(bed.Random);
        bed.Network.TimerSlack = TimeSpan.FromMilliseconds(Draw(bed, 2) * 100);
        var backends = new List<SimulatedBackend>();
        for (var i = 0; i < 6; i++)
        {
            backends.Add(await bed.AddBackendAsync(connection => ServeAsync(bed, connection)));
        }

        backends[3].Endpoint.Refuse();
        backends[4].Endpoint.Blackhole();
        backends[5].Endpoint.ConnectDelay = TimeSpan.FromMilliseconds(800);
        bed.Resolver.Update(EndpointSet.Create([.. backends.Select(backend => backend.Address)]));
        var limited = bed.NewListener().With(own => { own.MaxSessions = OfListener; own.MaxSessionsPerClient = OfClient; own.AcceptRate = 2; own.AcceptBurst = 12; });
        await bed.StartAsync(
            new TcpProxyOptions
            {
                Listeners = [limited, bed.NewListener()],
                MaxSessions = OfAll,
                Connect = new ConnectOptions { AttemptTimeout = TimeSpan.FromSeconds(1), ConnectTimeout = TimeSpan.FromSeconds(2.5), MaxAttempts = 2 },
                Duplex = new DuplexOptions { IdleTimeout = TimeSpan.FromSeconds(6), HalfCloseTimeout = TimeSpan.FromSeconds(3), Lifetime = TimeSpan.FromSeconds(10) },
            },
            destinationSessions);
        bed.ProxyHost.DescriptorLimit = 30 + Draw(bed, 30);
        await bed.ResolvedAsync();
        return backends;
    }

    private async Task ServeAsync(SimulatedProxy bed, TransportConnection connection)
    {
        if (await connection.TrySendAsync(Encoding.ASCII.GetBytes("hi")) != TransportStatus.Ok || _calm)
        {
            return;
        }

        switch (Draw(bed, 4))
        {
            case 0:
                await bed.DelayAsync(Draw(bed, 3_000));
                connection.Abort();
                break;
            case 1:
                // Silent: a time limit ends it.
                break;
            default:
                await connection.ReadToEndAsync();
                connection.ShutdownSend();
                break;
        }
    }

    private static async Task BehaveAsync(SimulatedProxy bed, TransportConnection client)
    {
        if (Draw(bed, 3) > 0)
        {
            await client.TrySendAsync(ConnectionExtensions.Pattern(1 + Draw(bed, 5_000)));
        }

        switch (Draw(bed, 7))
        {
            case 0:
                break;
            case 1:
                await bed.DelayAsync(Draw(bed, 4_000));
                break;
            case 2:
                await client.ReadAsync(2);
                break;
            case 3:
                await client.ReadAsync(2);
                client.ShutdownSend();
                await bed.DelayAsync(Draw(bed, 2_000));
                break;
            case 4:
                for (var i = 0; i < 8 && await client.TrySendAsync(new byte[1]) == TransportStatus.Ok; i++)
                {
                    await bed.DelayAsync(2_000);
                }

                break;
            case 5:
                client.ShutdownSend();
                await ReadToEndAsync(client);
                break;
            default:
                await ReadToEndAsync(client);
                break;
        }

        client.Abort();
    }

    // Every server greets before it sends a FIN; so an empty FIN would be the proxy's lie.
    private static async Task ReadToEndAsync(TransportConnection client)
    {
        var (data, end) = await client.ReadToEndAsync();
        Assert.False(end == TransportStatus.Ok && data.Length == 0, "an empty FIN");
    }

    private static int Draw(SimulatedProxy bed, int bound) => (int)(bed.Random.NextUInt64() % (ulong)bound);
}
