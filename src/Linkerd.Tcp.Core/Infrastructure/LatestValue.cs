using System.Runtime.CompilerServices;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Infrastructure;

/// <summary>
/// The latest states of one name, from whoever learns of them to any number of readers, who may be slow: what was superseded is left out, and what equals the
/// last state that a reader was given is not given to it again. A failure says nothing, so the set before it still has to be seen; a set makes everything
/// before it history. One state of each such rank is kept, so the memory is bounded. Any number of writers; any thread.
/// For whoever writes an <see cref="IResolver"/> or an <see cref="IInterpreter"/> on top of something that calls back.
/// </summary>
/// <typeparam name="TState">What is told of the name. Compared by <see cref="object.Equals(object)"/>.</typeparam>
public sealed class LatestValue<TState>
    where TState : class
{
    private readonly Lock _lock = new();
    private readonly Func<TState, StatePrecedence> _rank;
    private readonly (long Version, TState? State)[] _byRank = new (long, TState?)[3];
    private TState? _last;
    private long _version;
    private bool _hasSpoken;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Makes a cell that nothing was put into.</summary>
    /// <param name="rank">How much a state says, such as <see cref="Resolution.Rank"/> or <see cref="NameBinding.Rank"/>.</param>
    public LatestValue(Func<TState, StatePrecedence> rank)
    {
        ArgumentNullException.ThrowIfNull(rank);
        _rank = rank;
    }

    /// <summary>Puts a state; the same one twice in a row is put once.</summary>
    public void Put(TState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        lock (_lock)
        {
            _hasSpoken = true;
            PutLocked(state);
        }
    }

    /// <summary>Puts a state that is known from elsewhere, unless <see cref="Put"/> was called already: who knows at first hand knows better.</summary>
    public void Offer(TState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        lock (_lock)
        {
            if (!_hasSpoken)
            {
                PutLocked(state);
            }
        }
    }

    /// <summary>
    /// The latest states at the time of this call, oldest first, and then whatever is put: a reader who asks before anything is put misses nothing but what is
    /// superseded. The token is the only end, by an <see cref="OperationCanceledException"/>.
    /// </summary>
    public IAsyncEnumerable<TState> ReadAsync(CancellationToken cancellationToken = default) => ReadAsync(First(), cancellationToken);

    private async IAsyncEnumerable<TState> ReadAsync(long seen, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TState? given = null;
        while (true)
        {
            TState? next;
            bool isNew;
            Task changed;
            lock (_lock)
            {
                // What came right behind the last one given was compared with it when it was put; sets may be large.
                var before = seen;
                (seen, next) = Next(before);
                isNew = given is null || seen == before + 1;
                changed = _changed.Task;
            }

            if (next is null)
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            else if (isNew || !next.Equals(given))
            {
                given = next;
                yield return next;
            }
        }
    }

    private void PutLocked(TState state)
    {
        if (state.Equals(_last))
        {
            return;
        }

        _last = state;
        var rank = (int)_rank(state);
        _byRank.AsSpan(0, rank).Clear();
        _byRank[rank] = (++_version, state);
        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    // Who comes when a name has long been negative need not hear of the set before that.
    private long First()
    {
        lock (_lock)
        {
            return _byRank[(int)StatePrecedence.Negative].State is null ? 0 : _byRank[(int)StatePrecedence.Bound].Version;
        }
    }

    private (long Version, TState? State) Next(long seen)
    {
        for (var rank = _byRank.Length - 1; rank >= 0; rank--)
        {
            if (_byRank[rank].Version > seen)
            {
                return _byRank[rank];
            }
        }

        return (seen, null);
    }

    // Readers go on elsewhere: this is signalled under the lock.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
