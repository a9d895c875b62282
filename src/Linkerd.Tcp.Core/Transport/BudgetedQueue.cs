namespace Linkerd.Tcp.Transport;

/// <summary>
/// The work of one executor that takes long, such as steps of TLS handshakes. It runs in order, within a budget of time for each turn of the loop and at least one piece a turn, so that a crowd of it delays
/// other connections by little. Where turns are long, as many connections move bytes, it has a fifth of the time, so that they do not starve it. Any thread.
/// </summary>
/// <remarks>The benchmark <c>storm</c> measures the turns of a loop with 256 clients that connect at once: docs/benchmark.md.</remarks>
internal sealed class BudgetedQueue(TransportExecutor executor)
{
    // By what others have had, a quarter: of both together, a fifth.
    private const int OthersByShare = 4;

    // A piece that takes longer than the budget is paid back out of the share; no more than this, or a crowd would leave nothing for what follows.
    private static readonly TimeSpan MaxDebt = TimeSpan.FromMilliseconds(1);

    // The process may have been suspended.
    private static readonly TimeSpan MaxShare = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly Queue<Action> _work = new();
    private TimeSpan _share;
    private long? _pausedAt;

    /// <summary>Gets or sets the budget of a turn. Set by benchmarks only.</summary>
    internal static TimeSpan Budget { get; set; } = TimeSpan.FromMilliseconds(0.1);

    public void Enqueue(Action work)
    {
        bool isFirst;
        lock (_lock)
        {
            _work.Enqueue(work);
            isFirst = _work.Count == 1;
        }

        if (isFirst)
        {
            Post();
        }
    }

    // The work stays in the queue while it runs, so that work that is enqueued meanwhile does not post once more.
    private void Run()
    {
        var startedAt = executor.TimeProvider.GetTimestamp();
        _share = _pausedAt is { } pausedAt ? Min(_share + (executor.TimeProvider.GetElapsedTime(pausedAt, startedAt) / OthersByShare), MaxShare) : TimeSpan.Zero;
        _pausedAt = null;
        var budget = _share > Budget ? _share : Budget;
        do
        {
            Action work;
            lock (_lock)
            {
                work = _work.Peek();
            }

            try
            {
                work();
            }
            catch when (Next())
            {
                Pause(startedAt);
                throw;
            }

            if (!Next())
            {
                return;
            }
        }
        while (executor.TimeProvider.GetElapsedTime(startedAt) < budget);
        Pause(startedAt);
    }

    private bool Next()
    {
        lock (_lock)
        {
            _work.Dequeue();
            return _work.Count > 0;
        }
    }

    private void Pause(long startedAt)
    {
        var now = executor.TimeProvider.GetTimestamp();
        _share -= Min(executor.TimeProvider.GetElapsedTime(startedAt, now), _share + MaxDebt);
        _pausedAt = now;
        Post();
    }

    private void Post() => executor.Post(static queue => ((BudgetedQueue)queue!).Run(), this);

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
