using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming.Binding;
using Linkerd.Tcp.Naming.Namers;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Represents a namer over a resolver: a name is bound to its first labels after the prefix if these are bound in the resolver; the labels after them are the residual. A name
/// is negative if it is negative in the resolver or if it has too few labels, so that an alternative is used; pending until the resolver has yielded a state; and failed if the resolver
/// failed before the name was bound: a later failure leaves it bound, with its last addresses. Members may be called from any thread.
/// </summary>
/// <remarks>
/// The resolver watches a name only while it is looked up or its addresses are followed, once for all observers. A watch that throws or ends is a failed state, and is restarted after 0.5 s to
/// 1 s, doubling up to 30 s.
/// </remarks>
public sealed class ResolverNamer : Namer
{
    private static readonly TimeSpan InitialRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromSeconds(30);

    private readonly IResolver _resolver;
    private readonly int _count;
    private readonly TimeProvider _timeProvider;
    private readonly Random? _random;
    private readonly SharedLeaves _leaves;

    /// <summary>Initializes a namer. Nothing is watched before a name is looked up.</summary>
    /// <param name="prefix">The labels that its names begin with.</param>
    /// <param name="resolver">The resolver. It receives the labels after the prefix as a name: for <c>/#/consul/web</c> with the prefix <c>/#/consul</c>, <c>/web</c>.</param>
    /// <param name="labels">The number of labels after the prefix that make a name of the resolver. Default: 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="labels"/> is negative.</exception>
    public ResolverNamer(DstPath prefix, IResolver resolver, int labels = 1)
        : this(prefix, resolver, labels, TimeProvider.System, random: null)
    {
    }

    internal ResolverNamer(DstPath prefix, IResolver resolver, int labels, TimeProvider timeProvider, Random? random)
        : base(prefix)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        ArgumentOutOfRangeException.ThrowIfNegative(labels);
        _resolver = resolver;
        _count = prefix.Count + labels;
        _timeProvider = timeProvider;
        _random = random;
        _leaves = new SharedLeaves(FollowAsync);
    }

    /// <inheritdoc/>
    public override NamerLookup Lookup(DstPath name, Action changed)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(changed);
        return name.Count < _count ? NamerLookup.Constant(NameBinding.Bound.Negative)
            : new LeafLookup(_leaves, new BoundTree.Leaf(name.Take(_count), name.Skip(_count)), changed);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.Count < _count ? new Resolution[] { Resolution.Negative.Instance }.ToAsyncEnumerable() : ReadAsync(id.Take(_count), cancellationToken);
    }

    /// <summary>Returns the prefix and the resolver, for a log.</summary>
    public override string ToString() => $"{Prefix} ({_resolver})";

    private async IAsyncEnumerable<Resolution> ReadAsync(DstPath id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var states = new LatestValue<Resolution>(state => state.Rank);
        var reader = states.ReadAsync(cancellationToken);
        using var watch = _leaves.Watch(id, states.Put);
        await foreach (var state in reader.ConfigureAwait(false))
        {
            yield return state;
        }
    }

    private async IAsyncEnumerable<Resolution> FollowAsync(DstPath id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var name = id.Skip(Prefix.Count);
        var backoff = new Backoff(InitialRetry, MaxRetry, _random);
        while (true)
        {
            var watch = new Watch(_resolver, name, cancellationToken);
            await using (watch.ConfigureAwait(false))
            {
                while (await watch.NextAsync().ConfigureAwait(false) is { } state)
                {
                    backoff.Reset();
                    yield return state;
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            yield return new Resolution.Failed($"{id}: {watch.Problem}");
            await Task.Delay(backoff.Next(), _timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A watch of user code that throws nothing.</summary>
    private sealed class Watch(IResolver resolver, DstPath name, CancellationToken cancellationToken) : IAsyncDisposable
    {
        private IAsyncEnumerator<Resolution>? _states;

        public string Problem { get; private set; } = "the resolver ended the watch";

        /// <summary>Gets the next state; null at the end.</summary>
        public async ValueTask<Resolution?> NextAsync()
        {
            try
            {
                _states ??= resolver.WatchAsync(name, cancellationToken).GetAsyncEnumerator(cancellationToken);
                return await _states.MoveNextAsync().ConfigureAwait(false)
                    ? _states.Current ?? throw new InvalidOperationException("null in place of a resolution")
                    : null;
            }
            catch (Exception error)
            {
                Problem = $"the resolver threw {error.GetType().Name}: {error.Message}";
                return null;
            }
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                if (_states is not null)
                {
                    await _states.DisposeAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error)
            {
                Problem = $"the resolver threw {error.GetType().Name}: {error.Message}";
            }
        }
    }
}
