namespace Linkerd.Tcp.Testing;

/// <summary>A condition that code waits for.</summary>
internal sealed class SimulatedCondition(SimulatedScheduler scheduler, Func<bool> condition)
{
    private readonly TaskCompletionSource _completion = new();
    private bool _isOver;

    public Task Task => _completion.Task;

    /// <summary>Checks the condition, unless it was true before.</summary>
    /// <returns>True if the wait is over.</returns>
    public bool Check()
    {
        try
        {
            if (!_isOver && condition())
            {
                _isOver = true;
                scheduler.Post(static completion => ((TaskCompletionSource)completion!).SetResult(), _completion);
            }
        }
        catch (Exception error)
        {
            Fail(error);
        }

        return _isOver;
    }

    public void Fail(Exception error)
    {
        if (!_isOver)
        {
            _isOver = true;
            scheduler.Post(_ => _completion.SetException(error), null);
        }
    }
}
