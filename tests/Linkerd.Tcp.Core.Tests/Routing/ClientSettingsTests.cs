using System.Net;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

public sealed class ClientSettingsTests
{
    private static readonly ClientSettingsByPrefix Settings = new(
        new ClientSettings { MaxWaiters = 1, MaxAttempts = 1 },
        new ClientSettings { Prefix = DstPath.Parse("/svc"), MaxWaiters = 2, Balancer = BalancerKind.Random },
        new ClientSettings { Prefix = DstPath.Parse("/svc/web/a/b/c"), MaxWaiters = 99 },
        new ClientSettings { Prefix = DstPath.Parse("/svc/web"), MaxWaiters = 3, ConnectTimeout = TimeSpan.FromSeconds(1) },
        new ClientSettings { Prefix = DstPath.Parse("/svc"), Balancer = BalancerKind.Maglev });

    [Theory]
    [InlineData("/", 1, null, null)]
    [InlineData("/other", 1, null, null)]
    [InlineData("/svc", 2, BalancerKind.Maglev, null)]
    [InlineData("/svcs", 1, null, null)]
    [InlineData("/svc/web", 3, BalancerKind.Maglev, 1.0)]
    [InlineData("/svc/web/x", 3, BalancerKind.Maglev, 1.0)]
    [InlineData("/svc/webs", 2, BalancerKind.Maglev, null)]
    public void For_Name_MergesAllThatMatchInOrder(string name, int waiters, BalancerKind? kind, double? connectTimeout)
    {
        var merged = Settings.For(DstPath.Parse(name));
        Assert.Equal((waiters, 1, kind), (merged.MaxWaiters!.Value, merged.MaxAttempts!.Value, merged.Balancer));
        Assert.Equal(connectTimeout, merged.ConnectTimeout?.TotalSeconds);
    }

    [Fact]
    public void Apply_HeaderOfOnePrefix_IsThatOfItsNames()
    {
        var settings = new ClientSettingsByPrefix(
            new ClientSettings { Prefix = DstPath.Parse("/svc/web"), SendProxy = new() { Version = ProxyProtocolVersion.V1 } },
            new ClientSettings { Prefix = DstPath.Parse("/svc/web/new"), SendProxy = new() { Checksum = true } });
        var options = new DestinationOptions { Resolver = new StaticResolver() };
        Assert.Null(settings.Apply(DstPath.Parse("/svc/db"), options).SendProxy);
        Assert.Equal(ProxyProtocolVersion.V1, settings.Apply(DstPath.Parse("/svc/web"), options).SendProxy!.Version);
        Assert.Equal((ProxyProtocolVersion.V2, true), (settings.Apply(DstPath.Parse("/svc/web/new"), options).SendProxy!.Version, settings.Apply(DstPath.Parse("/svc/web/new"), options).SendProxy!.Checksum));
    }

    [Fact]
    public void Matches_PrefixLongerThanTheName_IsNo() =>
        Assert.False(new ClientSettings { Prefix = DstPath.Parse("/a/b/c") }.Matches(DstPath.Parse("/a")));

    [Fact]
    public async Task Apply_Name_ChangesWhatIsSaidAndNothingElse()
    {
        var options = new DestinationOptions { Resolver = new StaticResolver(new IPEndPoint(IPAddress.Loopback, 1)), MaxSessions = 5, MaxWaiters = 50 };
        await using var router = new Router(name => Settings.Apply(name, options));
        var web = Settings.Apply(DstPath.Parse("/svc/web"), options);
        Assert.Equal((5, 3, 1.0, 1, 3.0), (web.MaxSessions!.Value, web.MaxWaiters, web.Connect!.ConnectTimeout.TotalSeconds, web.Connect.MaxAttempts, web.Connect.AttemptTimeout.TotalSeconds));
        Assert.Same(options.Resolver, web.Resolver);
        Assert.Equal((BalancerKind.Maglev, BalancerKind.P2c), (web.Balancer, options.Balancer));
        Assert.NotSame(web.Balancing, Settings.Apply(DstPath.Parse("/svc/web"), options).Balancing);
        Assert.Equal(3, router.Get(DstPath.Parse("/svc/web")).MaxWaiters);
        options.BalancerFactory = static () => LoadBalancers.P2c();
        Assert.Null(Settings.Apply(DstPath.Parse("/svc/web"), options).BalancerFactory);
        Assert.Same(options.BalancerFactory, Settings.Apply(DstPath.Parse("/other"), options).BalancerFactory);
        Assert.Null(new ClientSettingsByPrefix().Apply(DstPath.Parse("/svc/web"), options).Connect);
    }
}
