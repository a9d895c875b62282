using System.Diagnostics.Metrics;
using Linkerd.Tcp.Cli.Streams;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Sessions;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>The access log of a configuration: its observer, queue and writer. Disposing it writes what is queued.</summary>
internal sealed class SessionAccessLog : IDisposable
{
    // Some 10,000 records of each of the two buffers: what waits, and what is being written.
    private const int QueueBytes = 4 * 1024 * 1024;

    private readonly AccessLogConfiguration _configuration;
    private readonly AccessLogObserver _observer;
    private readonly AccessLogWriter _writer;

    private SessionAccessLog(AccessLogConfiguration configuration, RecordQueue queue, AccessLogWriter writer)
    {
        _configuration = configuration;
        _writer = writer;
        _observer = new AccessLogObserver(configuration, queue, seed: (ulong)new Random().NextInt64());
    }

    /// <summary>The receiver of records.</summary>
    public ISessionObserver Observer => _observer;

    /// <summary>True if it is a file, which can be opened again.</summary>
    public bool IsFile => IsFileOf(_configuration);

    /// <summary>Opens the access log of a configuration; returns null if it has none.</summary>
    /// <exception cref="Linkerd.Tcp.Primitives.InvalidOptionsException">It cannot be opened.</exception>
    public static SessionAccessLog? Open(AccessLogConfiguration? configuration, ILoggerFactory loggerFactory, Meter meter, TimeProvider timeProvider)
    {
        if (configuration is not { Path: { Length: > 0 } path })
        {
            return null;
        }

        var isFile = IsFileOf(configuration);
        var queue = new RecordQueue(QueueBytes);
        try
        {
            var writer = new AccessLogWriter(
                queue, isFile ? path : "on stdout", isFile ? () => LogTarget.OpenFile(path) : LogTarget.OpenOutput, meter, loggerFactory.CreateLogger("Linkerd.Tcp.AccessLog"), timeProvider);
            return new(configuration, queue, writer);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            OptionsValidator.Validated(configuration, (_, validator) => validator.Add($"a file that can be written was expected, not '{path}' ({error.Message}).", "accessLog.path"));
            throw;
        }
    }

    /// <summary>Records the sessions that run, if the configuration asks for it.</summary>
    /// <param name="sessions">Returns them.</param>
    public void Watch(Func<IEnumerable<SessionRecord>> sessions)
    {
        if (_configuration.Interval != Timeout.InfiniteTimeSpan)
        {
            _writer.Repeat(_configuration.Interval, sessions, _observer.OnSessionRuns);
        }
    }

    /// <summary>Opens the file again.</summary>
    public void Reopen() => _writer.Reopen();

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private static bool IsFileOf(AccessLogConfiguration configuration) => configuration.Path != "-";
}
