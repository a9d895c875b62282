using System.Net;
using Xunit;

namespace Linkerd.Tcp.Tests;

public sealed class StaticResolverTests
{
    private static readonly IPEndPoint A = new(IPAddress.Loopback, 80);
    private static readonly IPEndPoint B = new(IPAddress.Loopback, 81);

    [Fact]
    public async Task ResolveAsync_AnyName_YieldsTheSetAtOnce()
    {
        await using var watch = new ResolverWatch(new StaticResolver(A, B), "/svc/web");

        Assert.Equal(new Resolution.Bound(EndpointSet.Of(A, B)), await watch.NextAsync());
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

        resolver.Update(EndpointSet.Of(B));
        Assert.Equal(new Resolution.Bound(EndpointSet.Of(B)), await one.NextAsync());
        Assert.Equal(new Resolution.Bound(EndpointSet.Of(B)), await other.NextAsync());

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
    public async Task ResolveAsync_Cancelled_EndsWithOperationCanceled()
    {
        await using var watch = new ResolverWatch(new StaticResolver(A), "/svc/web");
        await watch.NextAsync();

        Assert.IsAssignableFrom<OperationCanceledException>(await watch.CancelAsync());
    }
}
