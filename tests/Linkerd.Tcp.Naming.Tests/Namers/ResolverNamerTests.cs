using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities.Resolving;

namespace Linkerd.Tcp.Naming.Tests.Namers;

public sealed class ResolverNamerTests
{
    private static readonly DstPath Prefix = DstPath.Parse("/#/own");
    private static readonly Resolution.Bound Set = new(EndpointSet.Create(new IPEndPoint(IPAddress.Loopback, 80)));
    private static readonly NameBinding Negative = new NameBinding.Bound(BoundTree.Negative.Instance);

    private readonly TimerLog _time = new();
    private readonly ScriptedResolver _resolver = new();
    private readonly ResolverNamer _namer;

    public ResolverNamerTests() => _namer = new ResolverNamer(Prefix, _resolver, 1, _time, RandomSource.Seeded(1));

    [Fact]
    public void Lookup_EachState_BindsAsItSays()
    {
        var changes = 0;
        using var lookup = _namer.Lookup(DstPath.Parse("/#/own/web/rest/more"), () => changes++);
        Assert.Equal(NameBinding.Pending.Instance, lookup.Current);

        _resolver.Say(new Resolution.Failed("x"));
        Assert.Equal(new NameBinding.Failed("x"), lookup.Current);
        _resolver.Say(Set);
        Assert.Equal(Leaf("/#/own/web", "/rest/more"), lookup.Current);
        _resolver.Say(new Resolution.Failed("y"));
        Assert.Equal(Leaf("/#/own/web", "/rest/more"), lookup.Current);
        _resolver.Say(Resolution.Negative.Instance);
        Assert.Equal(Negative, lookup.Current);
        Assert.Equal(3, changes);
        Assert.Equal(["/web"], _resolver.Watched);
    }

    [Theory]
    [InlineData(0, "/#/own", "/#/own", "/", "/")]
    [InlineData(2, "/#/own/a/b/c", "/#/own/a/b", "/c", "/a/b")]
    public void Lookup_NumberOfLabels_IsTheId(int labels, string name, string id, string residual, string watched)
    {
        var namer = new ResolverNamer(Prefix, _resolver, labels, _time, RandomSource.Seeded(1));
        using var lookup = namer.Lookup(DstPath.Parse(name), () => { });
        _resolver.Say(Set);

        Assert.Equal(Leaf(id, residual), lookup.Current);
        Assert.Equal([watched], _resolver.Watched);
    }

    [Fact]
    public async Task Lookup_TooFewLabels_IsNegative()
    {
        using var lookup = _namer.Lookup(Prefix, () => { });
        await using var watch = new NamerWatch(_namer, "/#/own");

        Assert.Equal(Negative, lookup.Current);
        Assert.Equal(Resolution.Negative.Instance, await watch.NextAsync());
        Assert.Empty(_resolver.Watched);
    }

    [Fact]
    public async Task WatchAsync_SameIdTwiceAndLookedUp_IsOneWatchThatEndsWithTheLast()
    {
        var lookup = _namer.Lookup(DstPath.Parse("/#/own/web/rest"), () => { });
        await using (var one = new NamerWatch(_namer, "/#/own/web"))
        await using (var other = new NamerWatch(_namer, "/#/own/web"))
        {
            Assert.Equal(Resolution.Pending.Instance, await one.NextAsync());
            Assert.Equal(Resolution.Pending.Instance, await other.NextAsync());
            _resolver.Say(Set);
            Assert.Equal(Set, await one.NextAsync());
            Assert.Equal(Set, await other.NextAsync());
            Assert.Equal(["/web"], _resolver.Watched);
        }

        Assert.False(_resolver.Ended.Task.IsCompleted);
        lookup.Dispose();
        await _resolver.Ended.Task.WaitAsync(ResolverWatch.Patience, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(Trouble.ThrowsAtOnce, "/#/own/web: the resolver threw InvalidOperationException: broken")]
    [InlineData(Trouble.Throws, "/#/own/web: the resolver threw InvalidOperationException: broken")]
    [InlineData(Trouble.Ends, "/#/own/web: the resolver ended the watch")]
    [InlineData(Trouble.GivesNull, "/#/own/web: the resolver threw InvalidOperationException: null in place of a resolution")]
    public async Task WatchAsync_ResolverFails_IsFailedAndTriedAgainAfterABackoff(Trouble trouble, string error)
    {
        _resolver.Trouble = trouble;
        await using var watch = new NamerWatch(_namer, "/#/own/web");
        using var lookup = _namer.Lookup(DstPath.Parse("/#/own/web"), () => { });
        Assert.Equal(new Resolution.Failed(error), await watch.NextAsync());
        Assert.Equal(new NameBinding.Failed(error), lookup.Current);

        Assert.InRange(await _time.RunNextAsync(), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
        Assert.InRange(await _time.RunNextAsync(() => _resolver.Trouble = Trouble.None), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        await _resolver.Begun(3);
        _resolver.Say(Set);
        Assert.Equal(Set, await watch.NextAsync());
        Assert.Equal(Leaf("/#/own/web", "/"), lookup.Current);
    }

    [Fact]
    public async Task WatchAsync_ThroughTheDtab_ReachesTheNamer()
    {
        var interpreter = new LocalInterpreter(new()
        {
            Dtab = Dtab.Parse("/svc => /#/none | /#/own"),
            Namers = [new ResolverNamer(Prefix, new StaticResolver(new IPEndPoint(IPAddress.Loopback, 81)))],
        });
        await using var watch = new ResolverWatch(interpreter, "/svc/web");

        Assert.Equal(new Resolution.Bound(EndpointSet.Create(new IPEndPoint(IPAddress.Loopback, 81))), await watch.NextAsync());
    }

    [Fact]
    public void ToString_HasPrefixAndResolver() => Assert.Equal("/#/own (scripted)", _namer.ToString());

    private static NameBinding.Bound Leaf(string id, string residual) => new(new BoundTree.Leaf(DstPath.Parse(id), DstPath.Parse(residual)));

    public enum Trouble
    {
        None,
        ThrowsAtOnce,
        Throws,
        Ends,
        GivesNull,
    }

    /// <summary>Says what it is told to, on the thread of who tells it.</summary>
    private sealed class ScriptedResolver : IResolver
    {
        private readonly ConcurrentQueue<string> _watched = [];
        private readonly Channel<bool> _begun = Channel.CreateUnbounded<bool>();
        private TaskCompletionSource<Resolution> _next = new();

        public IEnumerable<string> Watched => _watched;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Trouble Trouble { get; set; }

        public async Task Begun(int times)
        {
            for (var i = 0; i < times; i++)
            {
                await _begun.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(ResolverWatch.Patience, TestContext.Current.CancellationToken);
            }
        }

        public void Say(Resolution state)
        {
            var next = _next;
            _next = new();
            next.SetResult(state);
        }

        public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken)
        {
            _watched.Enqueue(name.ToString());
            return Trouble == Trouble.ThrowsAtOnce ? throw Broken() : RunAsync(cancellationToken);
        }

        public override string ToString() => "scripted";

        private InvalidOperationException Broken()
        {
            _begun.Writer.TryWrite(true);
            return new("broken");
        }

        private async IAsyncEnumerable<Resolution> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            if (Trouble == Trouble.Throws)
            {
                throw Broken();
            }

            var next = _next;
            _begun.Writer.TryWrite(true);
            if (Trouble == Trouble.Ends)
            {
                yield break;
            }

            if (Trouble == Trouble.GivesNull)
            {
                yield return null!;
            }

            try
            {
                while (true)
                {
                    var state = await next.Task.WaitAsync(cancellationToken);
                    next = _next;
                    yield return state;
                }
            }
            finally
            {
                Ended.TrySetResult();
            }
        }
    }
}
