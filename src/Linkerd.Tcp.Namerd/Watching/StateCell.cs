using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Namerd;

/// <summary>
/// The latest states of one name, for any number of readers, who may be slow: what was superseded is left out. One state of each rank is kept, so the memory is
/// bounded. One writer at a time; any thread.
/// </summary>
internal sealed class StateCell<TState>(Question<TState> question)
    where TState : class
{
    private readonly Lock _lock = new();
    private readonly (long Version, TState? State)[] _byRank = new (long, TState?)[3];
    private TState? _last;
    private long _version;
    private bool _hasSpoken;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Puts a state; the same one twice in a row is put once.</summary>
    public void Put(TState state)
    {
        lock (_lock)
        {
            _hasSpoken = true;
            PutLocked(state);
        }
    }

    /// <summary>Puts a state that others have heard of, unless somebody who knows has spoken already.</summary>
    public void Offer(TState state)
    {
        lock (_lock)
        {
            if (!_hasSpoken)
            {
                PutLocked(state);
            }
        }
    }

    /// <summary>The latest states, oldest first, and then whatever is put.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled: the only end.</exception>
    public async IAsyncEnumerable<TState> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = First();
        while (true)
        {
            TState? next;
            Task changed;
            lock (_lock)
            {
                (seen, next) = Next(seen);
                changed = _changed.Task;
            }

            if (next is null)
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
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
        var rank = (int)question.RankOf(state);
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
            return _byRank[(int)StateRank.Negative].State is null ? 0 : _byRank[(int)StateRank.Bound].Version;
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
