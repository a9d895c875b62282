namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>The actions that are to run on a loop: posted from any thread, taken in batches by the loop.</summary>
internal sealed class LoopQueue
{
    private readonly Lock _lock = new();
    private List<(Action<object?> Action, object? State)> _posted = [];
    private List<(Action<object?> Action, object? State)> _taken = [];
    private volatile bool _isEmpty = true;

    public bool IsEmpty => _isEmpty;

    public void Add(Action<object?> action, object? state)
    {
        lock (_lock)
        {
            _posted.Add((action, state));
            _isEmpty = false;
        }
    }

    /// <summary>Takes the actions that were posted until now; valid until the next call. For the loop.</summary>
    public List<(Action<object?> Action, object? State)> Take()
    {
        _taken.Clear();
        lock (_lock)
        {
            (_posted, _taken) = (_taken, _posted);
            _isEmpty = true;
        }

        return _taken;
    }
}
