using Linkerd.Tcp.Cli.Streams;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>The access log of one configuration: the observer that prints records, and the writer, which it has in common with another one to the same file.</summary>
internal sealed class SessionAccessLog
{
    // Some 10,000 records of each of the two buffers: what waits, and what is being written.
    private const int QueueBytes = 4 * 1024 * 1024;

    private readonly AccessLogConfiguration _configuration;
    private readonly RecordQueue _queue;

    private SessionAccessLog(AccessLogConfiguration configuration, RecordQueue queue, AccessLogWriter writer, ulong seed)
    {
        (_configuration, _queue, Writer) = (configuration, queue, writer);
        Observer = new AccessLogObserver(configuration, queue, seed);
    }

    /// <summary>Gets the observer.</summary>
    public AccessLogObserver Observer { get; }

    /// <summary>Gets the writer.</summary>
    public AccessLogWriter Writer { get; }

    /// <summary>Gets the time between two records of a session that runs.</summary>
    public TimeSpan Interval => _configuration.Interval;

    /// <summary>True if it is a file, which can be opened again.</summary>
    public bool IsFile => IsFileOf(_configuration);

    /// <summary>Opens the access log of a configuration; returns null if it has none.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="before">The access log in force, whose writer goes on if the file is the same; null if there is none.</param>
    /// <param name="seed">The seed of the sample.</param>
    /// <param name="counts">The counts of the process.</param>
    /// <param name="loggerFactory">The factory of loggers.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="Linkerd.Tcp.Primitives.InvalidOptionsException">It cannot be opened.</exception>
    public static SessionAccessLog? Open(
        AccessLogConfiguration? configuration, SessionAccessLog? before, ulong seed, Func<AccessLogCounts> counts, ILoggerFactory loggerFactory, TimeProvider timeProvider)
    {
        if (configuration is not { Path: { Length: > 0 } path })
        {
            return null;
        }

        if (before?._configuration.Path == path)
        {
            return new(configuration, before._queue, before.Writer, seed);
        }

        var isFile = IsFileOf(configuration);
        try
        {
            var queue = new RecordQueue(QueueBytes, counts());
            var writer = new AccessLogWriter(
                queue, isFile ? path : "on stdout", isFile ? () => LogTarget.OpenFile(path) : LogTarget.OpenOutput, counts(), loggerFactory.CreateLogger("Linkerd.Tcp.AccessLog"), timeProvider);
            return new(configuration, queue, writer, seed);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            OptionsValidator.Validated(configuration, (_, validator) => validator.Add($"a file that can be written was expected, not '{path}' ({error.Message}).", "accessLog.path"));
            throw;
        }
    }

    private static bool IsFileOf(AccessLogConfiguration configuration) => configuration.Path != "-";
}
