using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities.Resolving;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Linkerd.Tcp.Tests.Resolving;

public sealed class HostResolverTests
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    private readonly TimerLog _time = new();
    private readonly FakeHostLookup _lookup = new();
    private readonly LookupLogger _logger = new();

    [Fact]
    public async Task WatchAsync_AddressesAlone_AreOneSetAndNothingIsLookedUp()
    {
        await using var watch = Watch("10.0.0.1:80", "[2001:db8::1]:8080", "10.0.0.1:80");

        Assert.Equal(Bound("10.0.0.1:80", "[2001:db8::1]:8080"), await watch.NextAsync());
        Assert.True(watch.IsQuiet);
    }

    [Fact]
    public async Task WatchAsync_HostNames_AreOneSetOfAllTheirAddresses()
    {
        _lookup.Addresses("web-1", "10.0.0.1", "2001:db8::1");
        _lookup.Addresses("web-2", "10.0.0.2");
        await using var watch = Watch("web-1:80", "web-2:81", "10.0.0.9:82");

        Assert.Equal(Bound("10.0.0.1:80", "[2001:db8::1]:80", "10.0.0.2:81", "10.0.0.9:82"), await LastAsync(watch));
    }

    [Fact]
    public async Task WatchAsync_HostName_EndpointsKnowTheHost()
    {
        _lookup.Addresses("web", "10.0.0.1");
        await foreach (var state in Make("web:80").WatchAsync(DstPath.Root, TestContext.Current.CancellationToken))
        {
            Assert.Equal("web", Assert.IsType<Resolution.Bound>(state).Endpoints.Groups[0].Endpoints[0].Metadata?.Host);
            break;
        }
    }

    [Theory]
    [InlineData("web:80")]
    [InlineData("web:80", "other:80")]
    public async Task WatchAsync_AddressesChange_AreSeenAfterTheInterval(params string[] hosts)
    {
        _lookup.Addresses("web", "10.0.0.1");
        _lookup.Fails("other", SocketError.HostNotFound);
        await using var watch = Watch(hosts);
        Assert.Equal(Bound("10.0.0.1:80"), await LastAsync(watch));

        for (var i = 0; i < hosts.Length; i++)
        {
            Assert.Equal(Refresh, await _time.NextAsync());
        }

        _lookup.Addresses("web", "10.0.0.2");
        _time.Advance(Refresh);

        Assert.Equal(Bound("10.0.0.2:80"), await watch.NextAsync());
        Assert.True(_lookup.LastIsRefresh);
    }

    [Fact]
    public async Task WatchAsync_LookupFailsAfterASuccess_AddressesAreKept()
    {
        _lookup.Addresses("web-1", "10.0.0.1");
        await using var watch = Watch("web-1:80", "10.0.0.9:80");
        Assert.Equal(Bound("10.0.0.1:80", "10.0.0.9:80"), await LastAsync(watch));

        await _time.RunNextAsync(() => _lookup.Fails("web-1", SocketError.TryAgain));

        // The retry is earlier than a refresh, and all that is said is in the log.
        var retry = await _time.RunNextAsync(() => _lookup.Addresses("web-1", "10.0.0.2"));
        Assert.InRange(retry, TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(0.5));
        Assert.Equal(Bound("10.0.0.2:80", "10.0.0.9:80"), await watch.NextAsync());
        Assert.Contains(_logger.Entries, entry => entry is (LogLevel.Warning, 2062, _) && entry.Message.StartsWith("/svc/any: looking up host 'web-1' failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WatchAsync_HostIsNotKnownAnyMore_LosesItsAddresses()
    {
        _lookup.Addresses("web-1", "10.0.0.1");
        await using var watch = Watch("web-1:80", "10.0.0.9:80");
        Assert.Equal(Bound("10.0.0.1:80", "10.0.0.9:80"), await LastAsync(watch));

        await _time.RunNextAsync(() => _lookup.Fails("web-1", SocketError.HostNotFound));

        Assert.Equal(Bound("10.0.0.9:80"), await watch.NextAsync());
    }

    [Theory]
    [InlineData("web-1:80")]
    [InlineData("web-1:80", "web-2:80")]
    public async Task WatchAsync_NoHostIsKnown_IsNegative(params string[] hosts)
    {
        _lookup.Fails("web-1", SocketError.HostNotFound);
        _lookup.Addresses("web-2");
        await using var watch = Watch(hosts);

        Assert.Equal(Resolution.Negative.Instance, await LastAsync(watch));
    }

    [Theory]
    [InlineData("web-1:80")]
    [InlineData("web-1:80", "web-2:80")]
    public async Task WatchAsync_EveryLookupFails_IsFailed(params string[] hosts)
    {
        _lookup.Fails("web-1", new IOException("no resolver"));
        _lookup.Fails("web-2", SocketError.HostNotFound);
        await using var watch = Watch(hosts);

        Assert.Equal(new Resolution.Failed("looking up host 'web-1' failed: no resolver"), await LastAsync(watch));
    }

    [Fact]
    public async Task WatchAsync_OneLookupHangs_OthersAreGivenAndItTimesOut()
    {
        _lookup.Hangs("slow");
        _lookup.Addresses("web", "10.0.0.1");
        await using var watch = Watch("slow:80", "web:80");

        Assert.Equal(Bound("10.0.0.1:80"), await LastAsync(watch));
        Assert.Equal([Refresh, Refresh], [await _time.NextAsync(), await _time.NextAsync()]);
        _time.Advance(Refresh);
        await _time.NextAsync();
        Assert.Contains(_logger.Entries, entry => entry.Message.StartsWith("/svc/any: looking up host 'slow' failed: no answer within 5 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WatchAsync_Cancelled_Ends()
    {
        _lookup.Hangs("slow");
        _lookup.Hangs("other");
        await using var watch = Watch("slow:80", "other:80");
        Assert.Equal(Resolution.Pending.Instance, await LastAsync(watch));

        Assert.IsType<OperationCanceledException>(await watch.CancelAsync(), exactMatch: false);
    }

    [Theory]
    [InlineData("web", "hosts[1]: 'web': a colon and a port from 1 to 65535 were expected after the host")]
    [InlineData("web:0", "hosts[1]: 'web:0': a colon and a port from 1 to 65535 were expected after the host")]
    [InlineData("web:65536", "hosts[1]: 'web:65536': a colon and a port from 1 to 65535 were expected after the host")]
    [InlineData(":80", "hosts[1]: ':80': a host name or an IP address was expected before the port")]
    [InlineData("", "hosts[1]: '': a host name or an IP address was expected before the port")]
    [InlineData(null, "hosts[1]: '': a host name or an IP address was expected before the port")]
    [InlineData("a b:80", "hosts[1]: 'a b:80': a host name or an IP address was expected where 'a b' stands")]
    [InlineData("010.0.0.1:80", "hosts[1]: '010.0.0.1:80': an IPv4 address of four decimal numbers without leading zeros, such as 10.0.0.1, was expected where '010.0.0.1' stands")]
    [InlineData("2001:db8::1:80", "hosts[1]: brackets were expected around the IPv6 address of '2001:db8::1:80', as in [2001:db8::1]:8080")]
    public void Constructor_MalformedHost_SaysWhichAndWhatWasExpected(string? host, string message) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => new HostResolver("good:80", host!)).Message, StringComparison.Ordinal);

    [Fact]
    public void Constructor_NoHost_Throws() => Assert.Throws<ArgumentException>(() => new HostResolver());

    [Fact]
    public void ToString_ListsTheHosts()
    {
        Assert.Equal("web-1:8080, [fe80::1%eth0]:1, 10.0.0.1:2", new HostResolver("web-1:8080", "[fe80::1%eth0]:1", "10.0.0.1:2").ToString());
        Assert.EndsWith("web9:1 and 2 more", new HostResolver(Enumerable.Range(0, 12).Select(i => $"web{i}:1")).ToString(), StringComparison.Ordinal);
    }

    // What the hosts say comes one by one where they are looked up at once.
    private static async Task<Resolution> LastAsync(ResolverWatch watch)
    {
        var last = await watch.NextAsync();
        while (!watch.IsQuiet)
        {
            last = await watch.NextAsync();
        }

        return last;
    }

    private static Resolution.Bound Bound(params string[] endPoints) => new(EndpointSet.Create(endPoints.Select(IPEndPoint.Parse)));

    private HostResolver Make(params string[] hosts) =>
        new(hosts, new HostResolverOptions { TimeProvider = _time, HostLookup = _lookup, Random = RandomSource.Seeded(1), Logger = _logger });

    private ResolverWatch Watch(params string[] hosts) => new(Make(hosts), "/svc/any");
}
