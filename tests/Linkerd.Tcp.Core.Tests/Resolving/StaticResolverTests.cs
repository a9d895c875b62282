using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities.Resolving;
using Xunit;

namespace Linkerd.Tcp.Tests.Resolving;

public sealed class StaticResolverTests
{
    private static readonly IPEndPoint A = new(IPAddress.Loopback, 80);
    private static readonly IPEndPoint B = new(IPAddress.Loopback, 81);

    [Fact]
    public async Task ResolveAsync_AnyName_YieldsTheSetAtOnce()
    {
        await using var watch = new ResolverWatch(new StaticResolver(A, B), "/svc/web");

        Assert.Equal(new Resolution.Bound(EndpointSet.Create(A, B)), await watch.NextAsync());
        Assert.True(watch.IsQuiet);
    }

    [Fact]
    public async Task Update_OpenWatches_YieldToEach()
    {
        var resolver = new StaticResolver(A);
        await using var one = new ResolverWatch(resolver, "/svc/one");
        await using var other = new ResolverWatch(resolver, "/svc/other");
        await one.NextAsync();
        await other.NextAsync();

        resolver.Update(EndpointSet.Create(B));
        Assert.Equal(new Resolution.Bound(EndpointSet.Create(B)), await one.NextAsync());
        Assert.Equal(new Resolution.Bound(EndpointSet.Create(B)), await other.NextAsync());

        resolver.Update(Resolution.Negative.Instance);
        Assert.Equal(Resolution.Negative.Instance, await one.NextAsync());
        Assert.Equal(Resolution.Negative.Instance, await other.NextAsync());
    }

    [Fact]
    public async Task Update_BeforeTheWatchCameToIt_IsSkipped()
    {
        var resolver = new StaticResolver(A);
        await using var watch = new ResolverWatch(resolver, "/svc/web");
        await watch.NextAsync();

        resolver.Update(Resolution.Pending.Instance);
        resolver.Update(new Resolution.Failed("gone"));

        Assert.Equal(new Resolution.Failed("gone"), await watch.NextAsync());
        Assert.True(watch.IsQuiet);
    }

    [Fact]
    public void Constructor_HostName_SaysWhichItIsAndWhatResolvesIt()
    {
        var error = Assert.Throws<ArgumentException>(() => new StaticResolver(A, new DnsEndPoint("example.org", 443)));

        Assert.StartsWith("endpoints[1]: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("example.org:443 (DnsEndPoint)", error.Message, StringComparison.Ordinal);
        Assert.Contains("IPEndPoint", error.Message, StringComparison.Ordinal);
        Assert.Contains("'example.org:443'", error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(HostResolver), error.Message, StringComparison.Ordinal);
        Assert.Equal("endpoints", error.ParamName);
    }

    [Fact]
    public void Constructor_UnixDomainSocket_IsTaken() => _ = new StaticResolver(new UnixDomainSocketEndPoint("/run/web.sock"));

    [Fact]
    public void Constructor_Null_SaysWhichItIs()
    {
        var error = Assert.Throws<ArgumentException>(() => new StaticResolver(A, null!));

        Assert.StartsWith("endpoints[1]: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("of a set")]
    [InlineData("update")]
    [InlineData("resolution")]
    public async Task Set_EndPointThatNothingConnectsTo_IsRefused(string how)
    {
        var resolver = new StaticResolver(A);
        var set = new EndpointSet(new EndpointGroup([new(A)]), new EndpointGroup([new(B), new(new DnsEndPoint("example.org", 443))]));
        var error = how switch
        {
            "of a set" => Assert.Throws<ArgumentException>(() => new StaticResolver(set)),
            "update" => Assert.Throws<ArgumentException>(() => resolver.Update(set)),
            _ => Assert.Throws<ArgumentException>(() => resolver.Update(new Resolution.Bound(set))),
        };

        Assert.Contains("group 1, endpoint 1", error.Message, StringComparison.Ordinal);
        await using var watch = new ResolverWatch(resolver, "/svc/web");
        Assert.Equal(new Resolution.Bound(EndpointSet.Create(A)), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_Cancelled_EndsWithOperationCanceled()
    {
        await using var watch = new ResolverWatch(new StaticResolver(A), "/svc/web");
        await watch.NextAsync();

        Assert.IsAssignableFrom<OperationCanceledException>(await watch.CancelAsync());
    }
}
