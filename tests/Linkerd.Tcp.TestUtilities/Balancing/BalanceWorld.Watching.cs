using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <content>What a script says of what happens, and what is noted then.</content>
public sealed partial class BalanceWorld
{
    private BalanceServer[] _failing = [];
    private int _unopened;

    /// <summary>Something happens now to these servers: what follows is measured from here on.</summary>
    public void FaultBegins(params IEnumerable<BalanceServer> failing)
    {
        _failing = [.. failing];
        _unopened = _failing.Length;
        Record.FaultBegins(Now, _failing);
    }

    /// <summary>A server is back: from here on the time to the first session is measured.</summary>
    public void IsBack()
    {
        Record.BackAt ??= Now;
        Record.LastBackAt = Now;
    }

    /// <returns>Whether the endpoint is well, and new to the client: a refusal of it is free.</returns>
    internal bool OnAttempt(int server, BalanceClient client)
    {
        NoteOpenings();
        var isRetry = client.Attempts++ > 0;
        Record.OnAttempt(server, Scheduler.NowTicks, isRetry && !client.IsNextFree, isRetry && client.IsNextFree, _endpoints[server]?.Pending ?? 0);
        Record.OnAttempts(client.Attempts);
        return client.Servers.Add(server) && _endpoints[server] is { Breaker: BreakerState.Closed };
    }

    internal void OnServed()
    {
        if (Record.BackAt is not null && Record.QueueEmptyAt is null && Destination.Waiters.IsEmpty)
        {
            Record.QueueEmptyAt = Now;
        }
    }

    // Before each attempt, so that nothing that comes after an opening is counted before it.
    internal void NoteOpenings()
    {
        for (var i = 0; i < _failing.Length && _unopened > 0; i++)
        {
            if (!Record.HasOpened(_failing[i].Index) && EndpointOf(_failing[i]) is { Ejections: > 0 })
            {
                _unopened--;
                Record.OnOpened(_failing[i].Index, Now, areAll: _unopened == 0);
            }
        }
    }
}
