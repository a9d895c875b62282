using System.Diagnostics.Metrics;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Sessions;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>
/// The access log of a process, which a reload can turn on and off and change in all of its options. Each record goes to the access log in force when it is reported: none is lost or written twice. One that was
/// replaced writes what is queued, in its own time. Disposing it writes what is queued, for a moment at most. Records come on any thread; one call of the other members at a time.
/// </summary>
/// <param name="loggerFactory">The factory of loggers.</param>
/// <param name="meter">The meter of the instruments.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class AccessLogs(ILoggerFactory loggerFactory, Meter meter, TimeProvider timeProvider) : ISessionObserver, IDisposable
{
    // That of the process: all records of a session are written or none, also across a reload.
    private readonly ulong _seed = (ulong)new Random().NextInt64();
    private readonly List<AccessLogWriter> _retired = [];
    private AccessLogCounts? _counts;
    private volatile SessionAccessLog? _current;
    private Func<IEnumerable<SessionRecord>> _sessions = static () => [];

    /// <inheritdoc/>
    public bool IsEnabled => _current is not null;

    /// <inheritdoc/>
    public bool ObservesStarts => _current?.Observer.ObservesStarts == true;

    /// <inheritdoc/>
    public bool ObservesRefusals => _current?.Observer.ObservesRefusals == true;

    /// <summary>Opens the access log of a configuration, for <see cref="Use"/> or <see cref="Discard"/>; returns null if it has none.</summary>
    /// <exception cref="Linkerd.Tcp.Primitives.InvalidOptionsException">It cannot be opened.</exception>
    public SessionAccessLog? Open(AccessLogConfiguration? configuration) =>
        SessionAccessLog.Open(configuration, _current, _seed, () => _counts ??= new AccessLogCounts(meter), loggerFactory, timeProvider);

    /// <summary>Uses an access log from now on; cannot fail.</summary>
    /// <param name="next">The access log, opened; null for none.</param>
    public void Use(SessionAccessLog? next)
    {
        var before = _current;
        _current = next;
        if (next is not null && (next.Writer != before?.Writer || next.Interval != before.Interval))
        {
            next.Writer.Repeat(next.Interval, () => _sessions(), record => Add(record, RecordEvent.Progress));
        }

        _retired.RemoveAll(static writer => writer.HasEnded);
        if (before is not null && before.Writer != next?.Writer)
        {
            before.Writer.Retire();
            _retired.Add(before.Writer);
        }
    }

    /// <summary>Closes an access log that was opened in vain.</summary>
    public void Discard(SessionAccessLog? opened)
    {
        if (opened is not null && opened.Writer != _current?.Writer)
        {
            opened.Writer.Dispose();
        }
    }

    /// <summary>Sets the sessions that run, which are recorded if the configuration asks for it.</summary>
    /// <param name="sessions">Returns them.</param>
    public void Watch(Func<IEnumerable<SessionRecord>> sessions) => Volatile.Write(ref _sessions, sessions);

    /// <summary>Opens the file again.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryReopen()
    {
        if (_current is not { IsFile: true } log)
        {
            return false;
        }

        log.Writer.Reopen();
        return true;
    }

    /// <inheritdoc/>
    public void OnSessionStarted(SessionRecord record) => Add(record, RecordEvent.Start);

    /// <inheritdoc/>
    public void OnSessionEnded(SessionRecord record) => Add(record, RecordEvent.End);

    /// <inheritdoc/>
    public void Dispose()
    {
        _current?.Writer.Dispose();
        _retired.ForEach(static writer => writer.Dispose());
    }

    // A log that takes nothing any more was replaced before it was closed.
    private void Add(SessionRecord record, RecordEvent at)
    {
        while (_current is { } log && !log.Observer.TryAdd(record, at))
        {
        }
    }
}
