namespace Linkerd.Tcp;

/// <summary>
/// Hands resolutions from the one who watches to the one who consumes, who may be slow: what has been superseded is left out, and what equals the last one
/// taken is not given again. At most one of each rank waits, so the memory is bounded. One writer and one reader, on any threads.
/// </summary>
internal sealed class ResolutionMailbox
{
    private readonly Lock _lock = new();
    private readonly List<Resolution> _waiting = [];
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Resolution? _taken;

    public void Put(Resolution resolution)
    {
        lock (_lock)
        {
            _waiting.RemoveAll(waiting => Rank(waiting) <= Rank(resolution));
            _waiting.Add(resolution);
            _arrived.TrySetResult();
        }
    }

    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<Resolution> TakeAsync(CancellationToken cancellationToken)
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
                    if (next != _taken)
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

    // A failure says nothing about the endpoints, so the set before it still has to be seen; a set makes everything before it history.
    private static int Rank(Resolution resolution) => resolution switch
    {
        Resolution.Bound => 2,
        Resolution.Negative => 1,
        _ => 0,
    };
}
