using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Infrastructure;

/// <summary>
/// Holds the latest states of one name, for any number of readers, which may be slow: a superseded state is left out, and a state that equals the last one that a
/// reader received is not returned to it again. A failure does not replace the set before it, which still has to be returned; a set supersedes everything before it. One state of each such rank is
/// kept, so the memory is bounded. Turns callbacks into a stream, such as the one of an <see cref="IResolver"/>. Members may be called from any thread.
/// For the packages of this project; it may change in any version.
/// </summary>
/// <typeparam name="TState">The type of the states. Compared by <see cref="object.Equals(object)"/>.</typeparam>
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

    /// <summary>Initializes an instance without a state.</summary>
    /// <param name="rank">Returns the precedence of a state, such as <see cref="Resolution.Rank"/>.</param>
    public LatestValue(Func<TState, StatePrecedence> rank)
    {
        ArgumentNullException.ThrowIfNull(rank);
        _rank = rank;
    }

    /// <summary>Adds a state; a state that equals the last one is not added again.</summary>
    public void Put(TState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        lock (_lock)
        {
            _hasSpoken = true;
            PutLocked(state);
        }
    }

    /// <summary>Adds a state from another source, unless <see cref="Put"/> was called already.</summary>
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
    /// Returns the latest states at the time of this call, oldest first, and then every state that is added. A reader that is made before the first state misses only superseded ones.
    /// The stream ends only by the token, with an <see cref="OperationCanceledException"/>.
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
                // A state that came directly after the last one returned was compared with it when it was added; sets may be large.
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

    // A reader that starts when a name has long been negative need not receive the set before that.
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

    // Readers continue elsewhere: this is signalled under the lock.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
