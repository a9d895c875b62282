using System.Collections.Concurrent;
using System.Net;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>So many clients, each with one session after the other; every session is remembered. Disposing it waits for those under way.</summary>
internal sealed class ClosedLoad : IAsyncDisposable
{
    private readonly IPEndPoint _proxy;
    private readonly ClientTalk _talk;
    private readonly ConcurrentQueue<SessionOutcome> _ended = new();
    private readonly Task[] _clients;
    private volatile bool _isStopping;

    public ClosedLoad(IPEndPoint proxy, int clients, ClientTalk talk)
    {
        (_proxy, _talk) = (proxy, talk);
        _clients = [.. Enumerable.Range(0, clients).Select(_ => Task.Run(RunAsync))];
    }

    /// <summary>The sessions that have ended.</summary>
    public IReadOnlyCollection<SessionOutcome> Ended => _ended;

    /// <summary>Those of them that failed.</summary>
    public IReadOnlyList<SessionOutcome> Failed => [.. _ended.Where(session => session.Error is not null)];

    /// <summary>Waits until so many more have ended.</summary>
    public Task WaitForAsync(int more)
    {
        var enough = _ended.Count + more;
        return WaitForAsync(sessions => sessions.Count >= enough);
    }

    /// <summary>Waits until it is so of those that have ended.</summary>
    public Task WaitForAsync(Func<IReadOnlyCollection<SessionOutcome>, bool> condition) =>
        Eventually.IsTrueAsync(() => condition(_ended), () => $"{_ended.Count} sessions, {Failed.Count} failed: {string.Join("; ", Failed.Take(5))}");

    /// <summary>Begins no more sessions, and waits for those under way.</summary>
    public Task StopAsync()
    {
        _isStopping = true;
        return Task.WhenAll(_clients);
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task RunAsync()
    {
        while (!_isStopping)
        {
            var session = new SessionOutcome();
            await session.RunAsync(_proxy, _talk);
            _ended.Enqueue(session);
        }
    }
}
