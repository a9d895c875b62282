namespace Linkerd.Tcp.Testing;

/// <summary>The conditions that code waits for.</summary>
internal sealed class SimulatedConditions(SimulatedScheduler scheduler)
{
    private readonly List<SimulatedCondition> _waiting = [];

    /// <summary>Completes when a condition is true, which is checked before each step.</summary>
    /// <exception cref="TimeoutException">The condition was not true within the time.</exception>
    public async Task UntilAsync(Func<bool> condition, TimeSpan timeout)
    {
        var waiting = new SimulatedCondition(scheduler, condition);
        using (scheduler.Hold())
        {
            _waiting.Add(waiting);
        }

        var late = scheduler.Schedule(timeout, _ => waiting.Fail(new TimeoutException($"The condition was not true within {timeout} of virtual time.")), null);
        try
        {
            await waiting.Task.ConfigureAwait(false);
        }
        finally
        {
            late.Cancel();
        }
    }

    /// <summary>Checks the conditions, and ends the waits for those that are true.</summary>
    public void Check()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        using var step = scheduler.Hold();
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            if (_waiting[i].Check())
            {
                _waiting.RemoveAt(i);
            }
        }
    }
}
