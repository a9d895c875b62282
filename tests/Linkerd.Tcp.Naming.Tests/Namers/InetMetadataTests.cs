using Linkerd.Tcp.TestUtilities.Resolving;

namespace Linkerd.Tcp.Naming.Tests.Namers;

/// <summary>Addresses that were looked up say for which host.</summary>
public sealed class InetMetadataTests
{
    private readonly TimerLog _time = new();

    [Fact]
    public async Task WatchAsync_InetHostName_EndpointsKnowTheHost()
    {
        var lookup = new FakeHostLookup();
        lookup.Addresses("web", "10.0.0.1", "2001:db8::1");
        var interpreter = new LocalInterpreter(new() { TimeProvider = _time, HostLookup = lookup });
        Assert.Equal(["10.0.0.1:80 of web", "[2001:db8::1]:80 of web"], await HostsAsync(interpreter.WatchAsync(DstPath.Parse("/$/inet/web/80"), TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task WatchAsync_InetAddress_HasNoHost()
    {
        var interpreter = new LocalInterpreter(new() { TimeProvider = _time });
        Assert.Equal(["10.0.0.1:80 of nobody"], await HostsAsync(interpreter.WatchAsync(DstPath.Parse("/$/inet/10.0.0.1/80"), TestContext.Current.CancellationToken)));
    }

    /// <summary>It is not looked up, but a certificate can be for it.</summary>
    [Theory]
    [InlineData("/$/inet/localhost/80")]
    [InlineData("/$/inet/LocalHost/80")]
    [InlineData("/$/inet/80")]
    public async Task WatchAsync_InetLocalHost_EndpointsKnowTheHost(string name)
    {
        var interpreter = new LocalInterpreter(new() { TimeProvider = _time, HostLookup = new FakeHostLookup() });
        Assert.Equal(["127.0.0.1:80 of localhost"], await HostsAsync(interpreter.WatchAsync(DstPath.Parse(name), TestContext.Current.CancellationToken)));
    }

    private static async Task<List<string>> HostsAsync(IAsyncEnumerable<Resolution> resolutions)
    {
        await foreach (var resolution in resolutions)
        {
            if (resolution is Resolution.Bound bound)
            {
                return [.. Text(bound.Endpoints)];
            }
        }

        return [];
    }

    private static IEnumerable<string> Text(EndpointSet set) =>
        set.Groups.SelectMany(group => group.Endpoints).Select(endpoint => $"{endpoint.Address} of {endpoint.Metadata?.Host ?? "nobody"}");
}
