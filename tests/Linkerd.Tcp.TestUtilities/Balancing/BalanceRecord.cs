namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>What happened in one run.</summary>
public sealed partial class BalanceRecord
{
    private readonly List<FailedSession> _failures = [];
    private readonly int _seconds;

    internal BalanceRecord(BalanceCase @case, BalanceLoad load, ulong seed)
    {
        (Case, Load, Seed) = (@case, load, seed);

        // The arrivals, the wait for those that are still looking, and some room for a script that takes longer.
        _seconds = (int)@case.Duration.TotalSeconds + 60;
        Sessions = new int[_seconds];
        Served = new int[_seconds];
        Failed = new int[_seconds];
        Servers = [.. @case.Weights.Select((weight, index) => new ServerRecord(index, weight, _seconds))];
    }

    public BalanceCase Case { get; }

    public BalanceLoad Load { get; }

    public ulong Seed { get; }

    /// <summary>Sessions that arrived, by second.</summary>
    public IReadOnlyList<int> Sessions { get; }

    /// <summary>Sessions that got their server connection, by the second in which they did.</summary>
    public IReadOnlyList<int> Served { get; }

    /// <summary>Sessions that got none, by the second in which they ended.</summary>
    public IReadOnlyList<int> Failed { get; }

    public IReadOnlyList<ServerRecord> Servers { get; }

    public IReadOnlyList<FailedSession> Failures => _failures;

    public long SessionCount { get; private set; }

    public long ServedCount { get; private set; }

    public long AttemptCount { get; private set; }

    /// <summary>Attempts that followed others of their session, but for the free ones.</summary>
    public long RetryCount { get; private set; }

    /// <summary>Attempts that followed a refusal by an endpoint that was well.</summary>
    public long FreeRetryCount { get; private set; }

    /// <summary>The most attempts of one session.</summary>
    public int MaxAttempts { get; private set; }

    /// <summary>Established sessions that the server reset.</summary>
    public int Killed { get; internal set; }

    /// <summary>The longest time from arrival to a server connection.</summary>
    public TimeSpan LongestWait { get; private set; }

    /// <summary>The sessions that got their server connection later than a second after they arrived.</summary>
    public int LateCount { get; private set; }

    /// <summary>The greatest share of what the retry budget allowed until then that was spent.</summary>
    public double BudgetUse { get; private set; }

    internal void OnArrived(long now)
    {
        SessionCount++;
        ((int[])Sessions)[Second(now)]++;
    }

    internal void OnAttempts(int ofOneSession) => MaxAttempts = Math.Max(MaxAttempts, ofOneSession);

    internal void OnAttempt(int server, long now, bool isRetry, bool isFree, long pending)
    {
        FreeRetryCount += isFree ? 1 : 0;
        AttemptCount++;
        var record = Servers[server];
        record.OnAttempt(Second(now), pending);
        if (isRetry)
        {
            RetryCount++;

            // As RetryBudgetOptions has it: 0.2 for each session, 10 a second, and the 100 of the full bucket.
            var allowance = (0.2 * SessionCount) + (10 * TimeSpan.FromTicks(now).TotalSeconds) + 100;
            BudgetUse = Math.Max(BudgetUse, RetryCount / allowance);
        }
    }

    internal void OnServed(int server, long since, long now)
    {
        ServedCount++;
        ((int[])Served)[Second(now)]++;
        Servers[server].OnServed(Second(now));
        var waited = TimeSpan.FromTicks(now - since);
        LateCount += waited > TimeSpan.FromSeconds(1) ? 1 : 0;
        LongestWait = waited > LongestWait ? waited : LongestWait;
        if (BackAt is not null)
        {
            FirstServedAt ??= TimeSpan.FromTicks(now);
        }
    }

    internal void OnFailed(string reason, long since, long now)
    {
        ((int[])Failed)[Second(now)]++;
        _failures.Add(new FailedSession(reason, TimeSpan.FromTicks(since), TimeSpan.FromTicks(now)));
    }

    private int Second(long ticks) => Math.Min((int)(ticks / TimeSpan.TicksPerSecond), _seconds - 1);
}
