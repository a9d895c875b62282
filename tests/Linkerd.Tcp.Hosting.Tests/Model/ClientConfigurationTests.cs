using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class ClientConfigurationTests
{
    private static readonly ClientConfiguration Client = new()
    {
        Global = new ClientSettings { MaxWaiters = 1, Retries = 1 },
        Configs =
        [
            new ClientSettings { Prefix = DstPath.Parse("/svc"), MaxWaiters = 2, Balancer = BalancerKind.Random },
            new ClientSettings { Prefix = DstPath.Parse("/svc/web/a/b/c"), MaxWaiters = 99 },
            new ClientSettings { Prefix = DstPath.Parse("/svc/web"), MaxWaiters = 3, ConnectTimeout = TimeSpan.FromSeconds(1) },
            new ClientSettings { Prefix = DstPath.Parse("/svc"), Balancer = BalancerKind.Maglev },
        ],
    };

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
        var merged = Client.For(DstPath.Parse(name));
        Assert.Equal((waiters, 1, kind), (merged.MaxWaiters!.Value, merged.Retries!.Value, merged.Balancer));
        Assert.Equal(connectTimeout, merged.ConnectTimeout?.TotalSeconds);
    }

    [Fact]
    public void For_OffOverALimit_TurnsTheLimitOff()
    {
        var client = new ClientConfiguration
        {
            Global = new ClientSettings { MaxConnectionsPerEndpoint = 5 },
            Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc/big"), MaxConnectionsPerEndpoint = 0 }],
        };
        Assert.Equal(5, Destination(client, "/svc/small").Balancing.MaxConnections);
        Assert.Null(Destination(client, "/svc/big").Balancing.MaxConnections);
    }

    [Fact]
    public void For_OneTimeOfAPrefix_KeepsSourceAddressesAndTheOtherTimes()
    {
        var client = new ClientConfiguration
        {
            Global = new ClientSettings { SourceAddresses = [IPAddress.Parse("10.0.0.1")], Retries = 7, EstablishTimeout = TimeSpan.FromSeconds(20) },
            Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc/db"), ConnectTimeout = TimeSpan.FromSeconds(1) }],
        };
        var connect = Destination(client, "/svc/db").Connect!;
        Assert.Equal([IPAddress.Parse("10.0.0.1")], connect.SourceAddresses);
        Assert.Equal((8, 1.0, 20.0), (connect.MaxAttempts, connect.AttemptTimeout.TotalSeconds, connect.ConnectTimeout!.Value.TotalSeconds));
        Assert.Equal(3, Destination(client, "/svc/web").Connect!.AttemptTimeout.TotalSeconds);
    }

    [Fact]
    public void Copy_LaterChanges_HaveNoEffect()
    {
        var client = new ClientConfiguration { Global = new ClientSettings { Retries = 1 }, Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc"), MaxWaiters = 1 }] };
        var copy = client.Copy();
        (client.Global.Retries, client.Configs[0].MaxWaiters, client.Configs) = (2, 2, []);
        var merged = copy.For(DstPath.Parse("/svc/web"));
        Assert.Equal((1, 1), (merged.Retries!.Value, merged.MaxWaiters!.Value));
    }

    private static DestinationOptions Destination(ClientConfiguration client, string name) => CoreOptions.Destination(client.For(DstPath.Parse(name)), new StaticResolver(), false, TlsProviderKind.Auto);
}
