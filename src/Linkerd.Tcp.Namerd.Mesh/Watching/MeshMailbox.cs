namespace Linkerd.Tcp.Namerd;

/// <summary>
/// Hands states from the one who watches to the one who consumes, who may be slow: what has been superseded is left out, and what equals the last one
/// taken is not given again. At most one of each rank waits, so the memory is bounded. Any number of writers, one reader.
/// </summary>
/// <param name="rank">A failure says nothing, so the set before it still has to be seen; a set makes everything before it history.</param>
internal sealed class MeshMailbox<TState>(Func<TState, int> rank)
    where TState : class
{
    private readonly Lock _lock = new();
    private readonly List<TState> _waiting = [];
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TState? _taken;

    public void Put(TState state)
    {
        lock (_lock)
        {
            _waiting.RemoveAll(waiting => rank(waiting) <= rank(state));
            _waiting.Add(state);
            _arrived.TrySetResult();
        }
    }

    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<TState> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrived;
            lock (_lock)
            {
                while (_waiting.Count > 0)
                {
                    var next = _waiting[0];
                    _waiting.RemoveAt(0);
                    if (!next.Equals(_taken))
                    {
                        return _taken = next;
                    }
                }

                if (_arrived.Task.IsCompleted)
                {
                    _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                arrived = _arrived.Task;
            }

            await arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
