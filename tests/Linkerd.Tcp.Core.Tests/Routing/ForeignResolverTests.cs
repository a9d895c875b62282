using System.Net;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Tests.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>Resolvers and balancers of somebody else's that do not keep to their contract.</summary>
public sealed class ForeignResolverTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly EndPoint[] Addresses = [new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2)];
    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    private readonly FakeTimeProvider _time = new();
    private readonly LogRecorder _logs = new();

    public void Dispose() => _logs.Dispose();

    [Theory]
    [InlineData("null enumerable")]
    [InlineData("throws at once")]
    [InlineData("GetAsyncEnumerator")]
    [InlineData("MoveNextAsync")]
    [InlineData("DisposeAsync")]
    [InlineData("null")]
    [InlineData("null set")]
    [InlineData("ends")]
    public async Task Resolver_BreaksItsContract_NameIsResolvedByTheNextWatch(string fault)
    {
        var resolver = new FaultyResolver(fault);
        await using var router = NewRouter(new DestinationOptions { Resolver = resolver });
        var destination = router.Get(Name);
        await UntilAsync(destination, () => destination.Updates > 0);
        Assert.Equal(2, destination.Balancer.Endpoints.Count);
        Assert.InRange(destination.Failures, 1, 2);
        Assert.Contains(fault switch { "null" or "null set" => "null", "ends" => "ended the watch", _ => "threw" }, _logs.WaitFor(3003, Patience), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Balancer_UpdateThrows_NextAnswerIsApplied()
    {
        var balancer = new FaultyBalancer();
        await using var router = NewRouter(new DestinationOptions { Resolver = new StaticResolver(Addresses), BalancerFactory = () => balancer });
        var destination = router.Get(Name);
        await UntilAsync(destination, () => destination.Updates > 0);
        Assert.Equal((2, 2), (balancer.Updates, destination.Balancer.Endpoints.Count));
        Assert.Contains("the balancer threw InvalidOperationException: The balancer has a bug.", _logs.WaitFor(3003, Patience), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MoveNextAsync")]
    [InlineData("DisposeAsync")]
    [InlineData("blocks")]
    public async Task DisposeAsync_ResolverIgnoresItsToken_IsLeftBehindAndLogged(string where)
    {
        var stubborn = new StubbornResolver(where);
        var router = NewRouter(new DestinationOptions { Resolver = stubborn });
        router.Get(Name);
        router.Get(DstPath.Parse("/svc/other"));
        await stubborn.Watched.WaitAsync(Patience, TestContext.Current.CancellationToken);
        var disposing = router.DisposeAsync().AsTask();
        for (var i = 0; i < 100_000 && !disposing.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await disposing.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(2, _logs.Count(3020));
        var message = _logs.WaitFor(3020, Patience);
        Assert.Contains("/svc/", message, StringComparison.Ordinal);
        Assert.Contains(nameof(StubbornResolver), message, StringComparison.Ordinal);
        stubborn.Release();
    }

    [Fact]
    public async Task DisposeAsync_CallbackOfTheTokenThrows_EveryWatchIsEnded()
    {
        var resolver = new CallbackResolver();
        var router = NewRouter(new DestinationOptions { Resolver = resolver });
        router.Get(Name);
        await resolver.Watched.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await router.DisposeAsync();
        await resolver.Ended.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private DestinationRegistry NewRouter(DestinationOptions options) => new(_ => options, _logs, timeProvider: _time, random: RandomSource.Seeded(1));

    private async Task UntilAsync(Destination destination, Func<bool> condition)
    {
        for (var i = 0; i < 1_000_000 && !condition(); i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.True(condition(), destination.Resolution?.ToString() ?? "null");
    }

    /// <summary>Does it wrong once, and right from then on.</summary>
    private sealed class FaultyResolver(string fault) : IResolver
    {
        private int _watches;

        public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken)
        {
            var isFaulty = Interlocked.Increment(ref _watches) == 1;
            return !isFaulty ? new StaticResolver(Addresses).WatchAsync(name, cancellationToken)
                : fault == "null enumerable" ? null!
                : fault == "throws at once" ? throw new InvalidOperationException("The resolver has a bug.")
                : new Watch(fault);
        }

        private sealed class Watch(string fault) : IAsyncEnumerable<Resolution>, IAsyncEnumerator<Resolution>
        {
            private int _moves;

            public Resolution Current => fault switch
            {
                "null" => null!,
                "null set" => new Resolution.Bound(null!),
                _ => Resolution.Pending.Instance,
            };

            public IAsyncEnumerator<Resolution> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
                fault == "GetAsyncEnumerator" ? throw new InvalidOperationException("The resolver has a bug.") : this;

            public ValueTask<bool> MoveNextAsync() =>
                fault == "MoveNextAsync" ? throw new InvalidOperationException("The resolver has a bug.") : new(_moves++ == 0);

            public ValueTask DisposeAsync() =>
                fault == "DisposeAsync" ? throw new InvalidOperationException("The resolver has a bug.") : default;
        }
    }

    private sealed class FaultyBalancer : ILoadBalancer
    {
        private readonly ILoadBalancer _balancer = LoadBalancers.Create(BalancerKind.P2c);

        public event Action? Changed
        {
            add => _balancer.Changed += value;
            remove => throw new InvalidOperationException("The balancer keeps its handlers.");
        }

        public int Updates { get; private set; }

        public IReadOnlyList<ServerEndpoint> Endpoints => _balancer.Endpoints;

        public void Update(EndpointSet endpoints)
        {
            Updates++;
            if (Updates == 1)
            {
                throw new InvalidOperationException("The balancer has a bug.");
            }

            _balancer.Update(endpoints);
        }

        public PickResult Pick(in PickContext context, out EndpointLease lease) => _balancer.Pick(context, out lease);
    }

    /// <summary>Goes on whatever its token says.</summary>
    private sealed class StubbornResolver(string where) : IResolver
    {
        private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _missing = 2;

        /// <summary>Completes when both watches have begun.</summary>
        public Task Watched => _watched.Task;

        public void Release() => _released.TrySetResult();

        private void NoteWatch()
        {
            if (Interlocked.Decrement(ref _missing) == 0)
            {
                _watched.TrySetResult();
            }
        }

        public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return Resolution.Pending.Instance;
            try
            {
                if (where == "DisposeAsync")
                {
                    NoteWatch();
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }
            }
            finally
            {
                NoteWatch();
                if (where == "blocks")
                {
                    _released.Task.Wait(CancellationToken.None);
                }

                await _released.Task;
            }
        }
    }

    private sealed class CallbackResolver : IResolver
    {
        private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Watched => _watched.Task;

        public Task Ended => _ended.Task;

        public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            using var registration = cancellationToken.Register(() => throw new InvalidOperationException("The callback has a bug."));
            _watched.TrySetResult();
            yield return Resolution.Pending.Instance;
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                _ended.TrySetResult();
            }
        }
    }
}
