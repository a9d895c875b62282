using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>The records of sessions that run, one of each at every interval. A session that is younger than the interval waits for the next one. For one thread.</summary>
/// <param name="interval">The interval.</param>
/// <param name="sessions">Returns the sessions.</param>
/// <param name="add">Adds a record to the queue.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class PeriodicRecords(TimeSpan interval, Func<IEnumerable<SessionRecord>> sessions, Action<SessionRecord> add, TimeProvider timeProvider)
{
    private long _lastAt = timeProvider.GetTimestamp();

    /// <summary>The time that is left until the next ones; zero if they are due.</summary>
    public TimeSpan Left => interval - timeProvider.GetElapsedTime(_lastAt) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>True if they are due.</summary>
    public bool IsDue => Left == TimeSpan.Zero;

    /// <summary>Returns those that are due; the next ones follow an interval later.</summary>
    public IEnumerable<SessionRecord> Take()
    {
        _lastAt = timeProvider.GetTimestamp();
        return sessions().Where(record => record.Server is not null && record.Duration >= interval);
    }

    /// <summary>Adds one to the queue.</summary>
    public void Add(SessionRecord record) => add(record);
}
