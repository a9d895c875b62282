using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities.Resolving;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming.Tests;

/// <summary><c>/$/inet/&lt;host name&gt;/&lt;port&gt;</c>: lookups, their pace, their failures.</summary>
public sealed class HostNameTests
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(5);

    private readonly TimerLog _time = new();
    private readonly FakeHostLookup _lookup = new();
    private readonly LookupLogger _logger = new();
    private readonly LocalInterpreter _interpreter;

    public HostNameTests()
    {
        _interpreter = new LocalInterpreter(new()
        {
            TimeProvider = _time,
            HostLookup = _lookup,
            Random = RandomSource.Seeded(1),
            Logger = _logger,
        });
    }

    [Fact]
    public async Task ResolveAsync_HostName_GivesAllAddressesOfBothFamilies()
    {
        _lookup.Addresses("web", "10.0.0.1", "2001:db8::1", "10.0.0.2");
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80/rest");

        Assert.Equal(Bound("10.0.0.1:80", "[2001:db8::1]:80", "10.0.0.2:80"), await watch.NextAsync());
        Assert.Equal(1, _lookup.CallsFor("web"));
    }

    [Fact]
    public async Task ResolveAsync_AnswerTakesTime_IsPendingFirst()
    {
        var answer = _lookup.Hangs("web");
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80");
        Assert.Equal(Resolution.Pending.Instance, await watch.NextAsync());

        answer.SetResult([IPAddress.Loopback]);

        Assert.Equal(Bound("127.0.0.1:80"), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_AddressesChange_YieldsWithinTheInterval()
    {
        _lookup.Addresses("web", "10.0.0.1");
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80");
        await watch.NextAsync();

        Assert.Equal(Refresh, await _time.RunNextAsync(() => _lookup.Addresses("web", "10.0.0.2")));

        Assert.Equal(Bound("10.0.0.2:80"), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_SameAddressesInAnotherOrder_YieldsNothing()
    {
        _lookup.Addresses("web", "10.0.0.1", "10.0.0.2");
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80");
        await watch.NextAsync();

        await _time.RunNextAsync(() => _lookup.Addresses("web", "10.0.0.2", "10.0.0.1", "10.0.0.1"));
        await _time.RunNextAsync(() => _lookup.Addresses("web", "10.0.0.3"));

        Assert.Equal(Bound("10.0.0.3:80"), await watch.NextAsync());
        Assert.Equal(3, _lookup.CallsFor("web"));
    }

    [Theory]
    [InlineData(SocketError.HostNotFound)]
    [InlineData(SocketError.NoData)]
    public async Task ResolveAsync_UnknownHost_IsNegativeUntilItIsKnown(SocketError error)
    {
        _lookup.Fails("web", error);
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80");
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());

        Assert.Equal(Refresh, await _time.RunNextAsync(() => _lookup.Addresses("web", "10.0.0.1")));

        Assert.Equal(Bound("10.0.0.1:80"), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_NoAddresses_IsNegative()
    {
        _lookup.Addresses("web");
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80");

        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_LookupsFail_RetriesWithBackOffUpToTheInterval()
    {
        _lookup.Fails("web", SocketError.TryAgain);
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80");
        var failed = Assert.IsType<Resolution.Failed>(await watch.NextAsync());
        Assert.StartsWith("looking up host 'web' failed: ", failed.Error, StringComparison.Ordinal);

        foreach (var ceiling in new[] { 0.5, 1, 2, 4, 5, 5 })
        {
            Assert.InRange((await _time.RunNextAsync()).TotalSeconds, (ceiling / 2) - 0.001, ceiling);
        }

        await _time.RunNextAsync(() => _lookup.Addresses("web", "10.0.0.1"));
        Assert.Equal(Bound("10.0.0.1:80"), await watch.NextAsync());

        Assert.Equal(Refresh, await _time.RunNextAsync(() => _lookup.Fails("web", SocketError.TryAgain)));
        Assert.Equal(failed, await watch.NextAsync());
        Assert.InRange((await _time.NextAsync()).TotalSeconds, 0.249, 0.5);
    }

    [Fact]
    public async Task ResolveAsync_ZoneOfNoInterface_FailsAndIsTriedAgainWithoutALookup()
    {
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/fe80::1%no-such-if/80");
        Assert.Equal(new Resolution.Failed("looking up host 'fe80::1%no-such-if' failed: there is no network interface 'no-such-if'"), await watch.NextAsync());

        Assert.InRange((await _time.RunNextAsync()).TotalSeconds, 0.249, 0.5);
        Assert.InRange((await _time.NextAsync()).TotalSeconds, 0.499, 1);
        Assert.Equal(0, _lookup.CallsFor("fe80::1%no-such-if"));
    }

    [Fact]
    public async Task ResolveAsync_SecondQuestion_IsARefresh()
    {
        _lookup.Addresses("web", "10.0.0.1");
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80");
        await watch.NextAsync();
        Assert.False(_lookup.LastIsRefresh);

        await _time.RunNextAsync(() => _lookup.Addresses("web", "10.0.0.2"));
        await watch.NextAsync();
        Assert.True(_lookup.LastIsRefresh);
    }

    [Fact]
    public async Task ResolveAsync_LookupThrowsAnything_IsFailed()
    {
        _lookup.Throws("web", new InvalidOperationException("no such thing"));
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80");
        Assert.Equal(new Resolution.Failed("looking up host 'web' failed: no such thing"), await watch.NextAsync());

        await _time.RunNextAsync(() => _lookup.Fails("web", new TimeoutException("too late")));
        Assert.Equal(new Resolution.Failed("looking up host 'web' failed: too late"), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_LookupHangs_FailsAfterTheTimeoutAndDoesNotAskTwice()
    {
        var answer = _lookup.Hangs("web");
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80");
        Assert.Equal(Resolution.Pending.Instance, await watch.NextAsync());

        Assert.Equal(TimeSpan.FromSeconds(5), await _time.RunNextAsync());
        Assert.Equal(new Resolution.Failed("looking up host 'web' failed: no answer within 5 s"), await watch.NextAsync());

        // The back-off, and then the same lookup is waited for again.
        Assert.InRange((await _time.RunNextAsync()).TotalSeconds, 0.249, 0.5);
        Assert.Equal(TimeSpan.FromSeconds(5), await _time.NextAsync());
        answer.SetResult([IPAddress.Loopback]);

        Assert.Equal(Bound("127.0.0.1:80"), await watch.NextAsync());
        Assert.Equal(1, _lookup.CallsFor("web"));
        Assert.False(_lookup.Overlapped);
    }

    [Fact]
    public async Task ResolveAsync_TwoWatchesOfOneLeaf_ShareTheLookups()
    {
        _lookup.Addresses("web", "10.0.0.1");
        await using var one = new ResolverWatch(_interpreter, "/$/inet/web/80");
        await using var other = new ResolverWatch(_interpreter, "/$/inet/web/80/rest");
        Assert.Equal(Bound("10.0.0.1:80"), await one.NextAsync());
        Assert.Equal(Bound("10.0.0.1:80"), await other.NextAsync());
        Assert.Equal(1, _lookup.CallsFor("web"));

        await one.DisposeAsync();
        Assert.False(_lookup.LastToken.IsCancellationRequested);
        await _time.RunNextAsync(() => _lookup.Addresses("web", "10.0.0.2"));
        Assert.Equal(Bound("10.0.0.2:80"), await other.NextAsync());

        await other.DisposeAsync();
        Assert.True(_lookup.LastToken.IsCancellationRequested);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, _lookup.CallsFor("web"));

        await using var later = new ResolverWatch(_interpreter, "/$/inet/web/80");
        Assert.Equal(Bound("10.0.0.2:80"), await later.NextAsync());
        Assert.Equal(3, _lookup.CallsFor("web"));
    }

    [Fact]
    public async Task ResolveAsync_Failures_AreLoggedOncePerPeriodWithTheirNumber()
    {
        _lookup.Fails("web", new InvalidOperationException("no such thing"));
        await using var watch = new ResolverWatch(_interpreter, "/$/inet/web/80");
        await watch.NextAsync();
        for (var i = 0; i < 8; i++)
        {
            await _time.RunNextAsync();
        }

        await _time.RunNextAsync(() => _lookup.Addresses("web", "10.0.0.1"));
        Assert.Equal(Bound("10.0.0.1:80"), await watch.NextAsync());

        var warnings = _logger.Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Message).ToList();
        Assert.InRange(warnings.Count, 2, 3);
        Assert.Matches(@"^/\$/inet/web/80: looking up host 'web' failed: no such thing; next try in 0\.\d s$", warnings[0]);
        Assert.Matches(@"next try in \d\.\d s; \d more such failures before this one$", warnings[1]);
        Assert.Contains(_logger.Entries, entry => entry is (LogLevel.Information, 2063, "/$/inet/web/80: the host resolves again"));
    }

    private static Resolution.Bound Bound(params string[] endPoints) => new(EndpointSet.Create(endPoints.Select(IPEndPoint.Parse)));
}
