namespace Linkerd.Tcp.TestUtilities;

/// <summary>What the mesh was asked, counted, and a way to wait for more of it. Any thread.</summary>
internal sealed class MeshCounters
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _calls = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Connections { get; private set; }

    public int OpenConnections { get; private set; }

    public int Streams { get; private set; }

    public int Messages { get; private set; }

    public int Calls(string method)
    {
        lock (_lock)
        {
            return _calls.GetValueOrDefault(method);
        }
    }

    public void Call(string method) => Change(() => _calls[method] = _calls.GetValueOrDefault(method) + 1);

    public void Message() => Change(() => Messages++);

    public void ConnectionOpened() => Change(() => (Connections, OpenConnections) = (Connections + 1, OpenConnections + 1));

    public void ConnectionClosed() => Change(() => OpenConnections--);

    public IDisposable OpenStream()
    {
        Change(() => Streams++);
        return new Closing(() => Change(() => Streams--));
    }

    /// <summary>Waits until something holds of the counters.</summary>
    /// <exception cref="TimeoutException">They have not changed for 30 s.</exception>
    public async Task WaitAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (condition())
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(Patience, cancellationToken);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            change();
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    private sealed class Closing(Action close) : IDisposable
    {
        public void Dispose() => close();
    }
}
