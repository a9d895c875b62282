using Linkerd.Tcp.Naming;
using Linkerd.Tcp.TestUtilities.Resolving;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Dns.Tests;

public sealed class DnsSrvNamerTests
{
    private const string Service = "_http._tcp.example";
    private const string Id = "/#/io.l5d.dnssrv/" + Service;
    private readonly DnsFixture _world = new();

    [Fact]
    public async Task WatchAsync_Priorities_AreTiersAndWeightsAreWeights()
    {
        _world.Client.Services(Service, 60, [new(20, 5, 82, "c.example"), new(10, 3, 80, "a.example"), new(10, 1, 81, "b.example")]);
        _world.Client.Addresses("a.example", 60, "10.0.0.1");
        _world.Client.Addresses("b.example", 60, "10.0.0.2");
        _world.Client.Addresses("c.example", 60, "10.0.0.3");
        using var lookup = _world.Services.Lookup(DstPath.Parse(Id + "/rest"), () => { });
        await using var watch = Watch();

        Assert.Equal(DnsFixture.Leaf(Id, "/rest"), lookup.Current);
        Assert.Equal("0:[10.0.0.1:80 * 3, 10.0.0.2:81] 1:[10.0.0.3:82 * 5]", Print(await watch.NextAsync()));
    }

    [Theory]
    [InlineData(0, 10, "0:[10.0.0.1:80 * 0.1, 10.0.0.2:80 * 10]")]
    [InlineData(0, 0, "0:[10.0.0.1:80, 10.0.0.2:80]")]
    public async Task WatchAsync_WeightZero_IsSmallBesideOthersAndEqualAlone(int one, int other, string expected)
    {
        _world.Client.Services(Service, 60, [new(0, one, 80, "a"), new(0, other, 80, "b")], FakeDnsClient.Address("a", 60, "10.0.0.1"), FakeDnsClient.Address("B", 60, "10.0.0.2"));
        await using var watch = Watch();

        Assert.Equal(expected, Print(await watch.NextAsync()));
        Assert.Equal(["Srv " + Service], _world.Client.Questions);
    }

    [Fact]
    public async Task WatchAsync_HostOfSeveralAddresses_SharesItsWeight()
    {
        _world.Client.Services(Service, 60, [new(0, 4, 80, "a"), new(0, 4, 80, "b")], FakeDnsClient.Address("a", 60, "10.0.0.1"), FakeDnsClient.Address("a", 60, "2001:db8::1"), FakeDnsClient.Address("b", 60, "10.0.0.1"));
        await using var watch = Watch();

        Assert.Equal("0:[10.0.0.1:80 * 6, [2001:db8::1]:80 * 2]", Print(await watch.NextAsync()));
    }

    [Fact]
    public async Task WatchAsync_TargetIsTheRoot_IsNegative()
    {
        _world.Client.Services(Service, 60, [new(0, 0, 0, string.Empty)]);
        using var lookup = _world.Services.Lookup(DstPath.Parse(Id), () => { });
        await using var watch = Watch();

        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
        Assert.Equal(new NameBinding.Bound(BoundTree.Negative.Instance), lookup.Current);
    }

    [Fact]
    public async Task WatchAsync_PortIs0_RecordIsPassedOverWithAWordOnce()
    {
        const string Warning = $"service '{Service}': SRV records with the port 0 are passed over, those of b";
        DnsRecord[] additional = [FakeDnsClient.Address("a", 60, "10.0.0.1"), FakeDnsClient.Address("b", 60, "10.0.0.2")];
        _world.Client.Services(Service, 20, [new(0, 1, 80, "a"), new(0, 1, 0, "b")], additional);
        await using var watch = Watch();
        Assert.Equal("0:[10.0.0.1:80]", Print(await watch.NextAsync()));

        await _world.Time.RunNextAsync();
        await _world.Time.RunNextAsync(() => _world.Client.Services(Service, 20, [new(0, 1, 0, "b")], additional));
        Assert.Equal(new Resolution.Failed($"looking up service '{Service}' failed: all of its SRV records have the port 0"), await watch.NextAsync());
        Assert.Single(_world.Logger.Entries, entry => entry is (LogLevel.Warning, 2093, Warning));
    }

    [Fact]
    public async Task WatchAsync_NoSuchService_IsNegative()
    {
        await using var watch = Watch();

        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
    }

    [Fact]
    public async Task WatchAsync_HostFails_KeepsItsLastAddresses()
    {
        _world.Client.Services(Service, 60, [new(0, 1, 80, "a"), new(0, 1, 80, "b")]);
        _world.Client.Addresses("a", 60, "10.0.0.1");
        _world.Client.Addresses("b", 20, "10.0.0.2");
        await using var watch = Watch();
        await watch.NextAsync();

        Assert.Equal(TimeSpan.FromSeconds(20), await _world.Time.RunNextAsync(() =>
        {
            _world.Client.Fails("a", DnsStatus.Unanswered);
            _world.Client.Addresses("b", 20, "10.0.0.3");
        }));
        Assert.Equal("0:[10.0.0.1:80, 10.0.0.3:80]", Print(await watch.NextAsync()));

        Assert.Equal(TimeSpan.FromSeconds(5), await _world.Time.RunNextAsync(() => _world.Client.Fails(Service, DnsStatus.Refused)));
        Assert.Equal(new Resolution.Failed($"looking up service '{Service}' failed: Refused"), await watch.NextAsync());
        Assert.InRange((await _world.Time.NextAsync()).TotalSeconds, 0.499, 1);
    }

    [Fact]
    public async Task WatchAsync_NoHostHasAnAddress_IsFailed()
    {
        _world.Client.Services(Service, 60, [new(0, 1, 80, "a")]);
        await using var watch = Watch();

        Assert.Equal(new Resolution.Failed($"looking up service '{Service}' failed: no host of its SRV records has an address"), await watch.NextAsync());
    }

    [Theory]
    [InlineData("/#/io.l5d.dnssrv", "the name of a service, such as '/_http._tcp.example.com', was expected after '/#/io.l5d.dnssrv'")]
    [InlineData("/#/io.l5d.dnssrv/a:b", "the name of a service was expected where 'a:b' stands")]
    public void Look_NameThatCanNeverBind_SaysWhatWasExpected(string name, string problem)
    {
        using var lookup = _world.Services.Lookup(DstPath.Parse(name), () => { });

        Assert.Equal(new NameBinding.Failed($"'{name}': {problem}"), lookup.Current);
    }

    private static string Print(Resolution state) =>
        string.Join(' ', Assert.IsType<Resolution.Bound>(state).Endpoints.Groups.Select(group => $"{group.Tier}:[{group}]"));

    private NamerWatch Watch() => new(_world.Services, Id);
}
