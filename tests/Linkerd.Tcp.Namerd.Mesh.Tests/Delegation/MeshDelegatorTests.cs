using System.Text.Json;
using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>How a name is bound, asked of the stand-in and of servers that do what namerd does not.</summary>
public sealed class MeshDelegatorTests
{
    private static readonly DstPath Web = DstPath.Parse("/svc/web");

    public static TheoryData<string> Names => [.. RecordedNames()];

    // Over HTTP the stand-in is held against the recordings; no delegation was recorded over the mesh.
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Delegate_ANameThatWasRecordedOverHttp_IsTheSame(string name)
    {
        await using var namerd = await MeshCapturedWorld.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        await using var over = new MeshResolver(MeshWatch.At(mesh.Address));
        await using var http = new NamerdResolver(new NamerdOptions { BaseAddresses = [namerd.BaseAddress] });
        var path = DstPath.Parse(name);
        var tree = await new MeshDelegator(over).DelegateAsync(path, TestContext.Current.CancellationToken);
        var expected = await new NamerdDelegator(http).DelegateAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(Print(expected), Print(tree));
        Assert.IsNotType<DelegateTree.Pending>(tree);
    }

    [Fact]
    public async Task Delegate_WeightsAndTheOverride_AreExact()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetDtab("other", "/svc => /#/io.l5d.fs");
        namerd.SetFile("a", "127.0.0.1 1\n");
        var dtab = Dtab.Parse("/svc/*/b => ! ; /svc/web => 0.125 * /#/io.l5d.fs/a & 0.001 * /svc/x/b");
        await using var resolver = new MeshResolver(MeshWatch.At(mesh.Address).With(own => { own.Namespace = "other"; own.Dtab = dtab; }));
        var alt = Assert.IsType<DelegateTree.Alt>(await new MeshDelegator(resolver).DelegateAsync(Web, TestContext.Current.CancellationToken));
        var union = Assert.IsType<DelegateTree.Union>(alt.Branches[0]);
        Assert.Equal(dtab.Entries[1], union.Entry);
        Assert.Equal([0.125, 0.001], union.Branches.Select(branch => branch.Weight));
        Assert.Contains(new DelegateTree.Fail(DstPath.Parse("/svc/x/b"), dtab.Entries[0]), Assert.IsType<DelegateTree.Alt>(union.Branches[1].Tree).Branches);
        Assert.Equal(1, mesh.CallsOf("GetDelegateTree"));
    }

    [Fact]
    public async Task Delegate_WhatNamerdRefuses_SaysWhy()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetDtab("default", "/svc => /svc/deeper");
        Assert.Equal($"namerd at {mesh.EndPoint} answered /svc/web with INTERNAL: 'Max recursion level reached.'", await ErrorAsync(MeshWatch.At(mesh.Address)));
        await mesh.StopAsync();
        Assert.Equal($"namerd at {mesh.EndPoint} refused the connection", await ErrorAsync(MeshWatch.At(mesh.Address)));
    }

    [Theory]
    [InlineData("0A", "cannot be read")]
    [InlineData("", "namerd's delegation of /svc/web cannot be read: there is no tree in it")]
    [InlineData("0A00", "namerd's delegation of /svc/web cannot be read: the node of / is none of")]
    public async Task Delegate_AMessageThatIsNone_SaysSo(string hex, string expected)
    {
        await using var server = await MeshRawServer.StartAsync(call => call.SendAsync(Convert.FromHexString(hex)));
        Assert.Contains(expected, await ErrorAsync(MeshWatch.At(server.Address)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delegate_AServerThatCannot_IsNotBlamedForTheRest()
    {
        await using var server = await MeshRawServer.StartAsync(async call =>
        {
            if (call.Method == "GetDelegateTree")
            {
                call.EndWith(12, "unknown method");
                return;
            }

            await call.SendAsync([0x0a, 0x02, 0x0a, 0x00]);
            await call.WaitAsync();
        });
        await using var watcher = MeshWatch.Binding(MeshWatch.At(server.Address));
        await watcher.NextIsAsync(new NameBinding.Bound(BoundTree.Negative.Instance));
        var failed = Assert.IsType<DelegateTree.Failed>(await new MeshDelegator(watcher.Resolver).DelegateAsync(Web, TestContext.Current.CancellationToken));
        Assert.StartsWith($"namerd at {server.Address.Authority} answered /svc/web with UNIMPLEMENTED: 'unknown method'", failed.Error, StringComparison.Ordinal);
        await using var binding = watcher.Resolver.BindAsync(Web, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await binding.MoveNextAsync());
        Assert.IsType<NameBinding.Bound>(binding.Current);
    }

    [Fact]
    public async Task Delegate_SeveralNamerds_TheNextOneIsAsked()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var down = await MeshStandIn.StartAsync(namerd);
        await using var good = await MeshStandIn.StartAsync(namerd);
        await using var unable = await MeshRawServer.StartAsync(call =>
        {
            call.EndWith(14, "not now");
            return Task.CompletedTask;
        });
        await down.StopAsync();
        await using var resolver = new MeshResolver(MeshWatch.At(down.Address, unable.Address, good.Address));
        Assert.Equal(new DelegateTree.Negative(Web, null), await new MeshDelegator(resolver).DelegateAsync(Web, TestContext.Current.CancellationToken));
        Assert.Contains("UNAVAILABLE: 'not now'", await ErrorAsync(MeshWatch.At(down.Address, unable.Address)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Delegate_NoAnswerInTime_TheNextOneIsAsked(bool hasNext)
    {
        var time = new ManualTime();
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var silent = await MeshRawServer.StartAsync(async call =>
        {
            asked.SetResult();
            await call.WaitAsync();
        });
        Uri[] addresses = hasNext ? [silent.Address, mesh.Address] : [silent.Address];
        await using var resolver = new MeshResolver(MeshWatch.At(addresses).With(own => own.TimeProvider = time));
        var delegating = new MeshDelegator(resolver).DelegateAsync(Web, TestContext.Current.CancellationToken);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await time.PassTimerAsync(10, 10);
        var expected = hasNext ? new DelegateTree.Negative(Web, null)
            : (DelegateTree)new DelegateTree.Failed(Web, null, $"namerd at {silent.Address.Authority} did not answer about /svc/web within 10 s");
        Assert.Equal(expected, await delegating);
    }

    [Fact]
    public async Task Delegate_CancelledOrDisposed_Ends()
    {
        var asked = new SemaphoreSlim(0);
        await using var silent = await MeshRawServer.StartAsync(async call =>
        {
            asked.Release();
            await call.WaitAsync();
        });
        var resolver = new MeshResolver(MeshWatch.At(silent.Address));
        var delegator = new MeshDelegator(resolver);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var cancelled = delegator.DelegateAsync(Web, stop.Token);
        await asked.WaitAsync(TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        var disposed = delegator.DelegateAsync(Web, TestContext.Current.CancellationToken);
        await asked.WaitAsync(TestContext.Current.CancellationToken);
        await resolver.DisposeAsync();
        Assert.Equal(new DelegateTree.Failed(Web, null, "the resolver that was to ask about /svc/web is disposed"), await disposed);
        Assert.Equal(await disposed, await delegator.DelegateAsync(Web, TestContext.Current.CancellationToken));
    }

    private static async Task<string> ErrorAsync(MeshOptions options)
    {
        await using var resolver = new MeshResolver(options);
        return Assert.IsType<DelegateTree.Failed>(await new MeshDelegator(resolver).DelegateAsync(Web, TestContext.Current.CancellationToken)).Error;
    }

    private static IEnumerable<string> RecordedNames()
    {
        using var recordings = JsonDocument.Parse(File.ReadAllBytes(System.IO.Path.Combine(AppContext.BaseDirectory, "Captures", "delegate.json")));
        return [.. recordings.RootElement.EnumerateObject()
            .Where(recording => recording.Value.GetProperty("got")[0].GetProperty("data").GetString()!.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            .Select(recording => recording.Name.Split(' ', 2)[1])
            .Where(name => !name.Contains(' ', StringComparison.Ordinal))];
    }

    // With the entries as HTTP prints them, and without the names of failures, which HTTP does not tell.
    private static string Print(DelegateTree tree)
    {
        var entry = tree.Entry is { } by ? $" by {by.Prefix} => {by.Tree.ToString(NameTreeFormat.Namerd)}" : string.Empty;
        return tree switch
        {
            DelegateTree.Step step => $"{step.Path}{entry} -> {Print(step.Tree)}",
            DelegateTree.Alt alt => $"{alt.Path}{entry} first of ({string.Join(" | ", alt.Branches.Select(Print))})",
            DelegateTree.Union union => $"{union.Path}{entry} split ({string.Join(" & ", union.Branches.Select(branch => $"{branch.Weight} * {Print(branch.Tree)}"))})",
            DelegateTree.Leaf leaf => $"{leaf.Path}{entry} = {leaf.Bound.Id} {leaf.Bound.Residual}",
            DelegateTree.Failed failed => $"{failed.Path}{entry} error {failed.Error}",
            DelegateTree.Fail => $"!{entry}",
            _ => $"{tree.Path}{entry} {tree.GetType().Name}",
        };
    }
}
