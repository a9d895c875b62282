using System.Net;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>The states of names and ids, against the stand-in.</summary>
public sealed class StateScenarios
{
    [Fact]
    public async Task Resolve_KnownName_YieldsItsEndpointsThenEachChange()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.Set("/svc/web", NameState.Bound.Ports(1, 2));
        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address));
        await watcher.UntilIsAsync(MeshWatch.Bound(1, 2));

        namerd.Set("/svc/web", NameState.Bound.Ports(2, 3));
        await watcher.NextIsAsync(MeshWatch.Bound(2, 3));
        namerd.Set("/svc/web", NameState.Bound.Ports());
        await watcher.NextIsAsync(new Resolution.Bound(EndpointSet.Create(Array.Empty<WeightedAddress>())));
    }

    [Fact]
    public async Task Resolve_PendingName_WaitsAndThenYields()
    {
        var time = new ManualTime();
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.Set("/svc/web", new NameState.Pending());
        await using var watcher = MeshWatch.Binding(MeshWatch.At(mesh.Address).With(own => own.TimeProvider = time));
        await mesh.WaitForStreamsAsync(1, TestContext.Current.CancellationToken);
        await time.PassTimerAsync(10, 10);
        await watcher.NextIsAsync(NameBinding.Pending.Instance);

        namerd.Set("/svc/web", new NameState.Leaf("/#/io.l5d.fs/web"));
        await watcher.NextIsAsync(MeshWatch.Leaf("/#/io.l5d.fs/web"));
        Assert.Equal(1, mesh.CallsOf("StreamBoundTree"));
    }

    [Fact]
    public async Task ResolveId_ColdNameOfDns_IsPendingThenBound()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetHost("web.example", null);
        await using var watcher = MeshWatch.Id(MeshWatch.At(mesh.Address), "/$/inet/web.example/80");
        await watcher.NextIsAsync(Resolution.Pending.Instance);
        namerd.SetHost("web.example", "127.0.0.1");
        await watcher.NextIsAsync(MeshWatch.Bound(80));
    }

    [Fact]
    public async Task Resolve_NegativeAndFailed_AreGivenAsTheyAre()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.Set("/svc/web", new NameState.Leaf("/#/x"));
        namerd.SetId("/#/x", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address));
        await watcher.UntilIsAsync(MeshWatch.Bound(1));

        namerd.SetId("/#/x", new NameState.Failed("it broke\r\nbadly"));
        Assert.EndsWith("answered /#/x: 'it broke'", await watcher.UntilFailsAsync(), StringComparison.Ordinal);
        namerd.SetId("/#/x", new NameState.Failed());
        Assert.Contains("without a reason", await watcher.UntilFailsAsync(), StringComparison.Ordinal);
        namerd.SetId("/#/x", new NameState.Neg());
        await watcher.NextIsAsync(Resolution.Negative.Instance);
        namerd.Set("/svc/web", new NameState.Neg());
        namerd.Set("/svc/web", new NameState.Empty());
        await watcher.UntilIsAsync(new Resolution.Bound(EndpointSet.Empty));
        namerd.Set("/svc/web", new NameState.Fail());
        await watcher.NextIsAsync(Resolution.Negative.Instance);
    }

    [Fact]
    public async Task Bind_ThatThrows_FailsKeepsAndIsAskedAgainAfterABackOff()
    {
        var time = new ManualTime();
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetDtab("default", "/svc => /#/io.l5d.fs ;");
        namerd.SetFile("web", "127.0.0.1 1\n");
        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address).With(own => own.TimeProvider = time));
        await watcher.UntilIsAsync(MeshWatch.Bound(1));

        namerd.SetDtab("default", "/svc => /svc ;");
        Assert.Equal(
            $"namerd at {mesh.EndPoint} answered /svc/web with INTERNAL: 'Max recursion level: 100 reached in Namer lookup'", await watcher.UntilFailsAsync());
        await time.PassTimerAsync(0.5, 1);
        await mesh.WaitForCallsAsync("StreamBoundTree", 2, TestContext.Current.CancellationToken);
        await time.WaitForTimerAsync(1, 2);
        namerd.SetDtab("default", "/svc => /#/io.l5d.fs ;");
        namerd.SetFile("web", "127.0.0.1 2\n");
        await time.PassTimerAsync(1, 2);
        await watcher.UntilIsAsync(MeshWatch.Bound(2));

        // The addresses were followed all the time.
        Assert.Equal(1, mesh.CallsOf("StreamReplicas"));
        Assert.Contains(watcher.Log.Of(Microsoft.Extensions.Logging.LogLevel.Warning), line => line.Contains("keeping what is known of /svc/web", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resolve_Union_BecomesGroupsWithExactWeights()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetDtab("default", "/svc/web => 0.125 * /#/io.l5d.fs/a & 0.001 * (/#/io.l5d.fs/b & 3 * /#/io.l5d.fs/c) & 7 * /#/io.l5d.fs/none ;");
        namerd.SetFile("a", "127.0.0.1 1\n127.0.0.1 2 * 0.5\n");
        namerd.SetFile("b", "127.0.0.1 3\n");
        namerd.SetFile("c", "");
        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address));
        var bound = (Resolution.Bound)await watcher.UntilAsync(state => state is Resolution.Bound { Endpoints.Groups.Length: 3 });
        Assert.Equal([0.125, 0.00025, 0.00075], bound.Endpoints.Groups.Select(group => Math.Round(group.Weight, 12)));
        Assert.Equal([1, 0.5], bound.Endpoints.Groups[0].Endpoints.Select(endpoint => endpoint.Weight));
    }

    [Fact]
    public async Task Resolve_SharedLeaf_IsFollowedOnce()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetDtab("default", "/svc => /#/io.l5d.fs/all ;");
        namerd.SetFile("all", "127.0.0.1 1\n");
        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address), "/svc/a");
        await watcher.UntilIsAsync(MeshWatch.Bound(1));
        await foreach (var second in watcher.Resolver.WatchAsync(DstPath.Parse("/svc/b"), TestContext.Current.CancellationToken))
        {
            if (second.Equals(MeshWatch.Bound(1)))
            {
                break;
            }
        }

        Assert.Equal((2, 1, 1), (mesh.CallsOf("StreamBoundTree"), mesh.CallsOf("StreamReplicas"), mesh.ConnectionCount));
        await mesh.WaitForStreamsAsync(2, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Resolve_DtabAndNamespaceOfTheOptions_AreSent()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetDtab("other", "/svc/*/x => /#/io.l5d.fs/a ;");
        namerd.SetFile("a", "127.0.0.1 1\n");
        namerd.SetFile("b", "127.0.0.1 2\n");
        await using (var plain = MeshWatch.Name(MeshWatch.At(mesh.Address).With(own => own.Namespace = "other"), @"/svc/\x00\xff/x"))
        {
            await plain.UntilIsAsync(MeshWatch.Bound(1));
        }

        // Longer than any URL may be.
        var filler = string.Join(';', Enumerable.Range(0, 500).Select(i => $"/a{i} => /b{i} | 0.25 * /c & $"));
        var dtab = Dtab.Parse($"{filler} ; /svc/*/x => ~ | /#/io.l5d.fs/b ; /svc/\\x00\\xff => ~");
        await using var overridden = MeshWatch.Name(MeshWatch.At(mesh.Address).With(own => { own.Namespace = "other"; own.Dtab = dtab; }), @"/svc/\x00\xff/x");
        await overridden.UntilIsAsync(MeshWatch.Bound(2));
    }

    [Fact]
    public async Task ResolveId_FiftyThousandEndpoints_AreRead()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetId("/#/many", NameState.Bound.Of(Enumerable.Range(0, 50_000).Select(i => new StandInAddress($"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}", 80, 1.5))));
        await using var watcher = MeshWatch.Id(MeshWatch.At(mesh.Address), "/#/many");
        Assert.Equal(50_000, Assert.IsType<Resolution.Bound>(await watcher.NextAsync()).Endpoints.Count);
    }

    [Fact]
    public async Task ResolveId_MoreThanIsAccepted_Fails()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetId("/#/many", NameState.Bound.Of(Enumerable.Range(0, 200).Select(i => StandInAddress.Of(new IPEndPoint(IPAddress.Loopback, 1 + i)))));
        await using var watcher = MeshWatch.Id(MeshWatch.At(mesh.Address).With(own => own.MaxAnswerBytes = 1000), "/#/many");
        Assert.Equal($"namerd at {mesh.EndPoint} answered /#/many with more than the 1000 bytes that are accepted", await watcher.UntilFailsAsync());
    }

    [Fact]
    public async Task ResolveId_BurstOfChanges_EndsWithTheLast()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetId("/#/x", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Id(MeshWatch.At(mesh.Address), "/#/x");
        await watcher.NextIsAsync(MeshWatch.Bound(1));
        for (var port = 2; port <= 1000; port++)
        {
            namerd.SetId("/#/x", NameState.Bound.Ports(port));
        }

        await watcher.UntilIsAsync(MeshWatch.Bound(1000));
        Assert.Empty(watcher.Rest());
    }
}
