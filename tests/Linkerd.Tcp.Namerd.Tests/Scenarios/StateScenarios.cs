using System.Net;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>What namerd can say about a name, from the stand-in. The numbers are those of the list of scenarios of the wire contract.</summary>
public sealed class StateScenarios
{
    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario01_KnownAtRequest_EndpointsAppear(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(8080, 8081));
        await using var watcher = new Watcher(namerd.BaseAddress, mode);

        await watcher.NextIsAsync(8080, 8081);
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario02_PendingThenBound_WatchWaits(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", new NameState.Pending());
        await using var watcher = new Watcher(namerd.BaseAddress, mode, change: Watcher.Unchecked);
        await watcher.Time.WaitForTimerAsync(540, 660);

        watcher.Time.Advance(TimeSpan.FromSeconds(300));
        Assert.Empty(watcher.Rest());
        namerd.Set("/svc/web", NameState.Bound.Ports(8080));

        await watcher.NextIsAsync(8080);
        Assert.Equal(1, CountAboutTheName(namerd));
    }

    [Fact]
    public async Task Scenario02_PendingThenBound_PollKeepsWaiting()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", new NameState.Pending());
        await using var watcher = new Watcher(namerd.BaseAddress, NamerdMode.Poll);
        await namerd.WaitForRequestsAsync(1, TestContext.Current.CancellationToken);

        namerd.Set("/svc/web", NameState.Bound.Ports(8080));

        await watcher.NextIsAsync(8080);
    }

    [Fact]
    public async Task Scenario03_PendingForEver_PollTimesOutAndIsPendingNeverEmpty()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(8080));
        await using var watcher = new Watcher(namerd.BaseAddress, NamerdMode.Poll);
        await watcher.NextIsAsync(8080);
        await watcher.Time.WaitForTimersAsync(54, 66, 2);
        namerd.Set("/svc/web", new NameState.Pending());
        await watcher.Time.PassTimersAsync(54, 66, 2);
        await namerd.WaitForRequestsAsync(4, TestContext.Current.CancellationToken);
        await watcher.Time.PassTimersAsync(10, 10, 2);

        Assert.IsType<Resolution.Pending>(await watcher.NextAsync());

        // Still so: said once, asked again, and the set is given again when it is there.
        await watcher.Time.PassTimersAsync(0.5, 9.9, 2);
        await namerd.WaitForRequestsAsync(6, TestContext.Current.CancellationToken);
        await watcher.Time.PassTimersAsync(10, 10, 2);
        await watcher.Time.WaitForTimersAsync(0.5, 9.9, 2);
        namerd.Set("/svc/web", NameState.Bound.Ports(8080));
        await watcher.Time.PassTimersAsync(0.5, 9.9, 2);
        await watcher.NextIsAsync(8080);
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario04_BoundChanges_CompleteNewSet(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1, 2));
        await using var watcher = new Watcher(namerd.BaseAddress, mode);
        await watcher.NextIsAsync(1, 2);

        namerd.Set("/svc/web", NameState.Bound.Ports(2, 3));

        await watcher.NextIsAsync(2, 3);
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario05_IdenticalStateTwice_NothingIsSentAndNothingSeen(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1, 2));
        await using var watcher = new Watcher(namerd.BaseAddress, mode);
        await watcher.NextIsAsync(1, 2);

        namerd.Set("/svc/web", NameState.Bound.Ports(2, 1));
        namerd.Set("/svc/web", NameState.Bound.Ports(3));

        await watcher.NextIsAsync(3);
        Assert.InRange(namerd.EventCount, 2, mode == NamerdMode.Bind ? 3 : 2);
    }

    [Fact]
    public async Task Scenario06_SameSetInOtherOrder_PollSeesNoChange()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1, 2, 3));
        await using var watcher = new Watcher(namerd.BaseAddress, NamerdMode.Poll);
        await watcher.NextIsAsync(1, 2, 3);

        namerd.Set("/svc/web", NameState.Bound.Ports(3, 1, 2));
        await watcher.Time.PassTimersAsync(54, 66, 2);
        await namerd.WaitForRequestsAsync(4, TestContext.Current.CancellationToken);
        await watcher.Time.WaitForTimersAsync(54, 66, 2);
        namerd.Set("/svc/web", NameState.Bound.Ports(4));
        await watcher.Time.PassTimersAsync(54, 66, 2);

        await watcher.NextIsAsync(4);
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario07_BoundThenNeg_Negative(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress, mode);
        await watcher.NextIsAsync(1);

        namerd.Set("/svc/web", new NameState.Neg());

        Assert.IsType<Resolution.Negative>(await watcher.NextAsync());
    }

    [Theory]
    [InlineData("malformed address: 10.0.0.1 notaport", "malformed address: 10.0.0.1 notaport")]
    [InlineData(null, "no cause")]
    public async Task Scenario08_BoundThenFailed_FailedAndTheWatchGoesOn(string? cause, string expected)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress);
        await watcher.NextIsAsync(1);

        namerd.Set("/svc/web", new NameState.Failed(cause));
        await watcher.NextFailsAsync(expected);
        namerd.Set("/svc/web", NameState.Bound.Ports(1));

        // The same set again, so that a consumer knows that the failure is over.
        await watcher.NextIsAsync(1);
        Assert.Equal(1, CountAboutTheName(namerd));
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario09_BoundEmpty_IsASetWithoutEndpoints(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress, mode);
        await watcher.NextIsAsync(1);

        namerd.Set("/svc/web", NameState.Bound.Ports());

        Assert.True(Assert.IsType<Resolution.Bound>(await watcher.NextAsync()).Endpoints.IsEmpty);
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario10_BindErrorMidStream_FailedThenAskedAgainAfterABackoff(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress, mode);
        await watcher.NextIsAsync(1);

        namerd.Set("/svc/web", new NameState.BindError("Max recursion level: 100 reached in Namer lookup"));
        await watcher.NextFailsAsync("Max recursion level: 100 reached in Namer lookup");
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await watcher.PassBackoffAsync();

        await watcher.NextIsAsync(1);
        Assert.Equal(2, CountAboutTheName(namerd));
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario21_NamespaceTypo_IsNegativeNotAnError(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.SetDtab("default", "/svc => /#/io.l5d.fs");
        namerd.SetFile("web", "127.0.0.1 1");
        await using var watcher = new Watcher(namerd.BaseAddress, mode, change: options => options.With(own => own.Namespace = "defualt"));
        Assert.IsType<Resolution.Negative>(await watcher.NextAsync());

        namerd.SetDtab("defualt", "/svc => /#/io.l5d.fs");
        await watcher.NextIsAsync(1);
        namerd.SetDtab("defualt", null);

        Assert.IsType<Resolution.Negative>(await watcher.NextAsync());
    }

    [Theory]
    [InlineData(NamerdMode.Bind)]
    [InlineData(NamerdMode.Poll)]
    public async Task Scenario18_Union_IsASplitOfItsBranches(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.SetDtab("default", "/svc/web => 9 * /#/io.l5d.fs/a & 1 * /#/io.l5d.fs/b & 5 * /#/io.l5d.fs/missing");
        namerd.SetFile("a", "127.0.0.1 1");
        namerd.SetFile("b", "127.0.0.1 2\n127.0.0.1 3 * 0.5");
        await using var watcher = new Watcher(namerd.BaseAddress, mode);

        var expected = new Resolution.Bound(new EndpointSet(
            new EndpointGroup([new WeightedAddress(new IPEndPoint(IPAddress.Loopback, 1))], 9),
            new EndpointGroup([new WeightedAddress(new IPEndPoint(IPAddress.Loopback, 2)), new WeightedAddress(new IPEndPoint(IPAddress.Loopback, 3), 0.5)], 1)));
        await watcher.UntilAsync(expected);
        namerd.SetDtab("default", "/svc/web => 9 * /#/io.l5d.fs/missing & 1 * /#/io.l5d.fs/a");
        if (mode == NamerdMode.Poll)
        {
            await watcher.Time.PassTimersAsync(54, 66, 3);
        }

        // What is left of it collapses to one branch.
        await watcher.UntilAsync(Watcher.Bound(1));
    }

    [Fact]
    public async Task Scenario26_EmptyBranch_IsAGroupWithoutEndpoints()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.SetDtab("default", "/svc/web => 3 * /#/io.l5d.fs/a & 7 * /#/io.l5d.fs/empty");
        namerd.SetFile("a", "127.0.0.1 1");
        namerd.SetFile("empty", "");
        await using var watcher = new Watcher(namerd.BaseAddress, NamerdMode.Bind);

        await watcher.UntilAsync(new Resolution.Bound(new EndpointSet(
            new EndpointGroup([new WeightedAddress(new IPEndPoint(IPAddress.Loopback, 1))], 3), new EndpointGroup([], 7))));
    }

    [Fact]
    public async Task Scenario19_UnionWatched_StaysOnItsBranch()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.SetDtab("default", "/svc/web => 1 * /#/io.l5d.fs/a & 0 * /#/io.l5d.fs/b");
        namerd.SetFile("a", "127.0.0.1 1");
        namerd.SetFile("b", "127.0.0.1 2");
        await using var watcher = new Watcher(namerd.BaseAddress);
        await watcher.NextIsAsync(1);

        namerd.SetFile("b", "127.0.0.1 3");
        namerd.SetFile("a", "127.0.0.1 4");
        await watcher.NextIsAsync(4);
        namerd.SetDtab("default", "/svc/web => 0 * /#/io.l5d.fs/a & 1 * /#/io.l5d.fs/b");

        await watcher.NextIsAsync(3);
    }

    [Theory]
    [InlineData("/svc/web", "%2Fsvc%2Fweb")]
    [InlineData("/#/io.l5d.fs/web", "%2F%23%2Fio.l5d.fs%2Fweb")]
    [InlineData("/svc/100%/a:b", "%2Fsvc%2F100%25%2Fa%3Ab")]
    [InlineData("/svc/\\x61\\x20b", "%2Fsvc%2F%5Cx61%5Cx20%5Cx62")]
    [InlineData("/", "%2F")]
    public async Task Scenario20_AnyName_IsSentPercentEncoded(string name, string sent)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set(name, NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress, NamerdMode.Resolve, name);

        await watcher.NextIsAsync(1);

        Assert.Equal([$"GET /api/1/resolve/default?path={sent}&watch=true"], namerd.Requests);
    }

    private static int CountAboutTheName(NamerdStandIn namerd) => namerd.Requests.Count(request => !request.Contains("/addr/", StringComparison.Ordinal));
}
