namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <content>What the script noted, and the figures that begin there.</content>
public sealed partial class BalanceRecord
{
    private readonly Dictionary<int, Opening> _openings = [];
    private int[] _failing = [];
    private Totals _atFault;
    private Totals _atAllOpened;

    /// <summary>When the fault began; null where there is none.</summary>
    public TimeSpan? FaultAt { get; private set; }

    /// <summary>The servers that the fault is about.</summary>
    public IReadOnlyList<int> Failing => _failing;

    /// <summary>When the breakers of all of them had opened once.</summary>
    public TimeSpan? AllOpenedAt { get; private set; }

    /// <summary>When the first of them was back.</summary>
    public TimeSpan? BackAt { get; internal set; }

    /// <summary>When the last of them was.</summary>
    public TimeSpan? LastBackAt { get; internal set; }

    /// <summary>When the first session after the first return got its connection.</summary>
    public TimeSpan? FirstServedAt { get; private set; }

    /// <summary>When, after that, nobody waited any more.</summary>
    public TimeSpan? QueueEmptyAt { get; internal set; }

    /// <summary>Of the sessions between the fault and a server's first opening, the share that was connected to it; the largest of the failing ones.</summary>
    public double SessionShareBeforeOpening() => _failing.Max(server =>
        _openings.TryGetValue(server, out var opening) ? Ratio(opening.Own - opening.OwnAtFault, opening.All.Sessions - _atFault.Sessions) : double.NaN);

    /// <summary>The share of attempts on a failing server after its first opening; the largest of them.</summary>
    public double AttemptShareAfterOpening() => _failing.Max(server =>
        _openings.TryGetValue(server, out var opening) ? Ratio(Servers[server].AttemptCount - opening.Own, AttemptCount - opening.All.Attempts) : double.NaN);

    /// <summary>Attempts per session since the breakers of all failing servers have opened.</summary>
    public double ConnectsPerSession() => AllOpenedAt is null ? double.NaN : Ratio(AttemptCount - _atAllOpened.Attempts, SessionCount - _atAllOpened.Sessions);

    /// <summary>The sessions that failed later than a time after the fault.</summary>
    public int FailedAfter(TimeSpan time) => FaultAt is { } at ? _failures.Count(failed => failed.EndedAt > at + time) : _failures.Count;

    /// <summary>The sessions that failed although they arrived later than a time after the first return.</summary>
    public int FailedThatArrivedAfter(TimeSpan time) => _failures.Count(failed => failed.ArrivedAt > BackAt + time);

    /// <summary>From the return of the first failing server to the first session, in seconds.</summary>
    public double SecondsToFirstServed() => (FirstServedAt - BackAt)?.TotalSeconds ?? double.NaN;

    /// <summary>From the return of the first failing server until nobody waited, in seconds.</summary>
    public double SecondsToEmptyQueue() => (QueueEmptyAt - BackAt)?.TotalSeconds ?? double.NaN;

    /// <summary>How far the share of sessions of a server is from its weight, as a share of the right one; the largest of all servers.</summary>
    public double ShareError(int? server = null)
    {
        var weights = Servers.Sum(static each => each.Weight);
        return Servers.Where(each => server is null || each.Index == server)
            .Max(each => Math.Abs((Ratio(each.ServedCount, ServedCount) / (each.Weight / weights)) - 1));
    }

    /// <summary>From the return of the last failing server until the breaker of none was open, for good, in seconds.</summary>
    public double SecondsToAllClosed() => LastBackAt is { } at
        ? Math.Max(0, (Servers.Max(static server => server.Samples.Where(static sample => sample.IsEjected).Select(static sample => sample.At).LastOrDefault()) - at).TotalSeconds)
        : double.NaN;

    internal void FaultBegins(TimeSpan now, IEnumerable<BalanceServer> failing)
    {
        FaultAt = now;
        _failing = [.. failing.Select(static server => server.Index)];
        _atFault = new Totals(SessionCount, AttemptCount);
        foreach (var server in _failing)
        {
            Servers[server].AttemptsAtFault = Servers[server].AttemptCount;
        }
    }

    internal bool HasOpened(int server) => _openings.ContainsKey(server);

    internal void OnOpened(int server, TimeSpan now, bool areAll)
    {
        var totals = new Totals(SessionCount, AttemptCount);
        _openings.Add(server, new Opening(now, Servers[server].AttemptsAtFault, Servers[server].AttemptCount, totals));
        if (areAll)
        {
            (AllOpenedAt, _atAllOpened) = (now, totals);
        }
    }

    private static double Ratio(long part, long whole) => whole > 0 ? (double)part / whole : double.NaN;

    private readonly record struct Totals(long Sessions, long Attempts);

    private readonly record struct Opening(TimeSpan At, long OwnAtFault, long Own, Totals All);
}
