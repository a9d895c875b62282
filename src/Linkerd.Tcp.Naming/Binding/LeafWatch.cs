namespace Linkerd.Tcp.Naming.Binding;

/// <summary>One watch of a leaf for any number of observers. It runs until it is disposed.</summary>
internal sealed class LeafWatch : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Action<Resolution>> _observers = [];
    private readonly CancellationTokenSource _stop = new();
    private LeafState _state = LeafState.Pending;

    /// <summary>The number of observers that need it; counted by <see cref="SharedLeaves"/>.</summary>
    public int Users { get; set; }

    /// <summary>Begins; states that are known without waiting are known when this returns.</summary>
    public void Start(Func<DstPath, CancellationToken, IAsyncEnumerable<Resolution>> states, DstPath id) => _ = RunAsync(states, id, _stop.Token);

    /// <summary>
    /// Passes the current state to an observer, and then every change; the last good set before a state without information, so that an observer that comes in an outage has
    /// the same as the others. The observer is called under a lock, one call at a time.
    /// </summary>
    public void Add(Action<Resolution> observer)
    {
        lock (_lock)
        {
            _observers.Add(observer);
            if (_state.LastGood is { } good && !good.Equals(_state.Current))
            {
                observer(good);
            }

            observer(_state.Current);
        }
    }

    public void Remove(Action<Resolution> observer)
    {
        lock (_lock)
        {
            _observers.Remove(observer);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task RunAsync(Func<DstPath, CancellationToken, IAsyncEnumerable<Resolution>> states, DstPath id, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var state in states(id, cancellationToken).ConfigureAwait(false))
            {
                Publish(state);
            }
        }
        catch (Exception e)
        {
            // Cancellation is the normal end of a watch. Anything else is a fault of the source, and no code awaits this task to notice it.
            if (!cancellationToken.IsCancellationRequested)
            {
                Publish(new Resolution.Failed($"{id}: {e.Message}"));
            }
        }
    }

    private void Publish(Resolution state)
    {
        lock (_lock)
        {
            if (state.Equals(_state.Current))
            {
                return;
            }

            _state = _state.Then(state);
            foreach (var observer in _observers)
            {
                observer(state);
            }
        }
    }
}
