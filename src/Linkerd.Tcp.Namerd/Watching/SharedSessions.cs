using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Requests;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>The sessions that run now: all consumers of the same name share one, which ends with the last of them. Any thread.</summary>
/// <param name="kind">The kind of the requests.</param>
/// <param name="time">The clock.</param>
/// <param name="run">Runs a session until cancelled, which is its only end.</param>
internal sealed class SharedSessions<TState>(
    WatchKind<TState> kind, TimeProvider time, Func<DstPath, LatestValue<TState>, CancellationToken, Task> run)
    where TState : class
{
    // An offer is for a session that is about to begin; for a later one it would be outdated.
    private static readonly TimeSpan OfferLasts = TimeSpan.FromSeconds(5);
    private readonly Lock _lock = new();
    private readonly Dictionary<DstPath, Session> _sessions = [];
    private readonly Dictionary<DstPath, (TState State, long At)> _offers = [];

    /// <summary>Watches the states of a name: the latest first, then every change.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled, which is the only end.</exception>
    public async IAsyncEnumerable<TState> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var session = Join(name);
        try
        {
            await foreach (var state in session.Cell.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return state;
            }
        }
        finally
        {
            await LeaveAsync(name, session).ConfigureAwait(false);
        }
    }

    /// <summary>Offers to a name's session, perhaps one that begins in a moment, a state from another source; it counts until the session receives one itself.</summary>
    public void Offer(DstPath name, TState state)
    {
        lock (_lock)
        {
            foreach (var (old, offer) in _offers)
            {
                if (time.GetElapsedTime(offer.At) > OfferLasts)
                {
                    _offers.Remove(old);
                }
            }

            if (_sessions.TryGetValue(name, out var session))
            {
                session.Cell.Offer(state);
            }
            else
            {
                _offers[name] = (state, time.GetTimestamp());
            }
        }
    }

    private Session Join(DstPath name)
    {
        Session? session;
        bool isNew;
        lock (_lock)
        {
            isNew = !_sessions.TryGetValue(name, out session);
            session ??= _sessions[name] = new Session(kind);
            session.Users++;
            if (_offers.Remove(name, out var offer) && time.GetElapsedTime(offer.At) <= OfferLasts)
            {
                session.Cell.Offer(offer.State);
            }
        }

        if (isNew)
        {
            session.Running = run(name, session.Cell, session.Stop.Token);
        }

        return session;
    }

    private async ValueTask LeaveAsync(DstPath name, Session session)
    {
        lock (_lock)
        {
            session.Users--;
            if (session.Users > 0)
            {
                return;
            }

            _sessions.Remove(name);
        }

        await session.Stop.CancelAsync().ConfigureAwait(false);
        await session.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        session.Stop.Dispose();
    }

    private sealed class Session(WatchKind<TState> kind)
    {
        public LatestValue<TState> Cell { get; } = new(kind.RankOf);

        public CancellationTokenSource Stop { get; } = new();

        public Task Running { get; set; } = Task.CompletedTask;

        public int Users { get; set; }
    }
}
