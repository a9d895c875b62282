using System.Diagnostics.Metrics;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>The counts of all access logs of a process, one after the other, and their instruments. Any thread.</summary>
internal sealed class AccessLogCounts
{
    private long _records;
    private long _dropped;
    private long _failures;

    /// <param name="meter">The meter of the instruments.</param>
    public AccessLogCounts(Meter meter)
    {
        meter.CreateObservableCounter("linkerd.tcp.access_log.records", () => Volatile.Read(ref _records), "{record}", "Records written to the access log.");
        meter.CreateObservableCounter("linkerd.tcp.access_log.dropped", () => Volatile.Read(ref _dropped), "{record}", "Records that were dropped, as the access log was not written fast enough.");
        meter.CreateObservableCounter("linkerd.tcp.access_log.failures", () => Volatile.Read(ref _failures), "{failure}", "Failed attempts to open or write the access log.");
    }

    /// <summary>Adds records that were written.</summary>
    public void AddWritten(int records) => Interlocked.Add(ref _records, records);

    /// <summary>Adds records that were dropped.</summary>
    public void AddDropped(long records) => Interlocked.Add(ref _dropped, records);

    /// <summary>Adds a failed attempt.</summary>
    public void AddFailure() => Interlocked.Increment(ref _failures);
}
