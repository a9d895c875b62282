using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Naming.Binding;
using Linkerd.Tcp.Naming.Namers;

namespace Linkerd.Tcp.Dns;

/// <summary>
/// The lookups of a namer over DNS, by the id of the leaf: one for all who look at a name and for all who watch its addresses. As an interpreter it is one
/// whose names are their own ids. Any thread.
/// </summary>
internal sealed partial class DnsLeaves : IInterpreter
{
    private readonly DnsNamerOptions _options;
    private readonly Func<DstPath, Func<CancellationToken, Task<DnsOutcome>>> _query;
    private readonly SharedLeaves _shared;

    /// <param name="options">How it asks.</param>
    /// <param name="query">Makes what asks for an id, one round after the other.</param>
    public DnsLeaves(DnsNamerOptions options, Func<DstPath, Func<CancellationToken, Task<DnsOutcome>>> query)
    {
        _options = options;
        _query = query;
        _shared = new SharedLeaves(this);
    }

    /// <summary>What a name is bound to, whose id is that of a leaf where it exists.</summary>
    public NamerLookup Look(BoundTree.Leaf leaf, Action changed) => new DnsLookup(_shared, leaf, changed);

    /// <summary>The states of a leaf.</summary>
    public async IAsyncEnumerable<Resolution> WatchAsync(DstPath id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var states = new LatestValue<Resolution>(state => state.Rank);
        var reader = states.ReadAsync(cancellationToken);
        using var watch = _shared.Watch(id, states.Put);
        await foreach (var state in reader.ConfigureAwait(false))
        {
            yield return state;
        }
    }

    public IAsyncEnumerable<NameBinding> BindAsync(DstPath name, CancellationToken cancellationToken) =>
        new NameBinding[] { new NameBinding.Bound(new BoundTree.Leaf(name, DstPath.Root)) }.ToAsyncEnumerable();

    public async IAsyncEnumerable<Resolution> ResolveIdAsync(DstPath id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = _query(id);
        var backoff = new Backoff(DnsTimes.FirstRetry, DnsTimes.LastRetry, _options.Random);
        var warnings = new RepeatFilter(_options.TimeProvider);
        Resolution last = Resolution.Pending.Instance;
        while (true)
        {
            var (state, delay) = await query(cancellationToken).ConfigureAwait(false);
            if (state is Resolution.Failed failed)
            {
                delay = backoff.Next();
                if (warnings.TryPass(out var suppressed))
                {
                    Log.Failed(_options.Logger, id, failed.Error, delay.TotalSeconds, suppressed);
                }
            }
            else
            {
                backoff.Reset();
                if (state != last)
                {
                    Log.Answered(_options.Logger, id, state, delay.TotalSeconds);
                }
            }

            last = state;
            yield return state;
            await Task.Delay(delay, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }
}
