using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities.Resolving;

namespace Linkerd.Tcp.Naming.Tests;

public sealed class UnionTests
{
    private const string Two = "9 * /$/inet/one/80 & 1 * /$/inet/two/80";

    private readonly TimerLog _time = new();
    private readonly FakeHostLookup _lookup = new();

    [Fact]
    public async Task ResolveAsync_BothBranchesKnown_GroupsKeepTheirWeights()
    {
        _lookup.Addresses("one", "10.0.0.1");
        _lookup.Addresses("two", "10.0.0.2", "10.0.0.3");
        await using var watch = Watch(Two);

        Assert.Equal(Bound((9, ["10.0.0.1"]), (1, ["10.0.0.2", "10.0.0.3"])), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_BranchPending_IsLeftOutUntilItIsKnown()
    {
        var one = _lookup.Hangs("one");
        var two = _lookup.Hangs("two");
        await using var watch = Watch(Two);
        Assert.Equal(Resolution.Pending.Instance, await watch.NextAsync());

        two.SetResult([IPAddress.Parse("10.0.0.2")]);
        Assert.Equal(Bound((1, ["10.0.0.2"])), await watch.NextAsync());

        one.SetResult([IPAddress.Parse("10.0.0.1")]);
        Assert.Equal(Bound((9, ["10.0.0.1"]), (1, ["10.0.0.2"])), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_BranchNegative_IsLeftOut()
    {
        _lookup.Fails("one", SocketError.HostNotFound);
        _lookup.Addresses("two", "10.0.0.2");
        await using var watch = Watch(Two);
        Assert.Equal(Bound((1, ["10.0.0.2"])), await watch.NextAsync());

        _lookup.Fails("two", SocketError.HostNotFound);
        await RunAsync(2);
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_BranchFails_KeepsItsLastSet()
    {
        _lookup.Addresses("one", "10.0.0.1");
        _lookup.Addresses("two", "10.0.0.2");
        await using var watch = Watch(Two);
        Assert.Equal(Bound((9, ["10.0.0.1"]), (1, ["10.0.0.2"])), await watch.NextAsync());

        _lookup.Fails("one", SocketError.TryAgain);
        _lookup.Addresses("two", "10.0.0.3");
        await RunAsync(2);
        Assert.Equal(Bound((9, ["10.0.0.1"]), (1, ["10.0.0.3"])), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_BranchFailsThatNeverWorked_IsLeftOut()
    {
        _lookup.Throws("one", new InvalidOperationException("broken"));
        _lookup.Addresses("two", "10.0.0.2");
        await using var watch = Watch(Two);

        Assert.Equal(Bound((1, ["10.0.0.2"])), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_NoneUsableAndSomeFailed_IsFailedWithEveryReason()
    {
        _lookup.Throws("one", new InvalidOperationException("broken"));
        _lookup.Throws("two", new InvalidOperationException("down"));
        await using var watch = Watch($"{Two} & /$/fail & /$/nil & /$/inet/two/80/again");

        Assert.Equal(
            new Resolution.Failed("looking up host 'one' failed: broken; looking up host 'two' failed: down"),
            await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_BranchBoundToNothing_StaysAsAnEmptyGroup()
    {
        await using var watch = Watch("9 * /$/nil & 1 * /$/inet/10.0.0.1/80");

        Assert.Equal(Bound((9, []), (1, ["10.0.0.1"])), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_AllBoundToNothingOrNegative_IsBoundToNothing()
    {
        await using var watch = Watch("9 * /$/nil & 1 * /$/fail");

        Assert.Equal(new Resolution.Bound(EndpointSet.Empty), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_NothingAndPending_IsPending()
    {
        _lookup.Hangs("one");
        await using var watch = Watch("/$/nil & /$/inet/one/80");

        Assert.Equal(Resolution.Pending.Instance, await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_AllNegative_IsNegative()
    {
        await using var watch = Watch("9 * /$/fail & 1 * /$/fail/too");

        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_SameLeafTwice_IsTwoGroupsOfOneLookup()
    {
        _lookup.Addresses("one", "10.0.0.1");
        await using var watch = Watch("2 * /$/inet/one/80 & 3 * /$/inet/one/80 & 4 * /$/inet/one/80/rest");

        Assert.Equal(Bound((2, ["10.0.0.1"]), (3, ["10.0.0.1"]), (4, ["10.0.0.1"])), await watch.NextAsync());
        Assert.Equal(1, _lookup.CallsFor("one"));
    }

    [Fact]
    public async Task ResolveAsync_UnionInUnion_MultipliesShares()
    {
        var inner = NameTree.Parse("1 * /$/inet/10.0.0.1/80 & 3 * /$/inet/10.0.0.2/80 & 4 * /$/fail");
        var tree = new NameTree.Union([new(2, inner), new(6, NameTree.Parse("/$/inet/10.0.0.3/80"))]);
        await using var watch = Watch(tree);

        Assert.Equal(Bound((0.5, ["10.0.0.1"]), (1.5, ["10.0.0.2"]), (6, ["10.0.0.3"])), await watch.NextAsync());
    }

    [Fact]
    public async Task ResolveAsync_UnionOfZeroWeightsInUnion_SharesEqually()
    {
        var inner = NameTree.Parse("0 * /$/inet/10.0.0.1/80 & 0 * /$/inet/10.0.0.2/80");
        await using var watch = Watch(new NameTree.Union([new(2, inner), new(6, NameTree.Parse("/$/inet/10.0.0.3/80"))]));

        Assert.Equal(Bound((1, ["10.0.0.1"]), (1, ["10.0.0.2"]), (6, ["10.0.0.3"])), await watch.NextAsync());
    }

    private ResolverWatch Watch(string tree) => Watch(NameTree.Parse(tree));

    private ResolverWatch Watch(NameTree tree)
    {
        var options = new LocalInterpreterOptions { TimeProvider = _time, HostLookup = _lookup, Random = RandomSource.Seeded(1) };
        return new(new LocalInterpreter(options, new Dictionary<DstPath, NameTree> { [DstPath.Parse("/local")] = tree }), "/local");
    }

    // Waits until that many lookups wait for their next turn, and lets them have it.
    private async Task RunAsync(int timers)
    {
        var latest = TimeSpan.Zero;
        for (var i = 0; i < timers; i++)
        {
            var due = await _time.NextAsync();
            latest = due > latest ? due : latest;
        }

        _time.Advance(latest);
    }

    private static Resolution.Bound Bound(params (double Weight, string[] Addresses)[] groups) =>
        new(new EndpointSet([.. groups.Select(group =>
            new EndpointGroup(group.Addresses.Select(address => new WeightedAddress(new IPEndPoint(IPAddress.Parse(address), 80))), group.Weight))]));
}
