using Linkerd.Tcp.Cli.AccessLog;
using Linkerd.Tcp.Cli.Statistics;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>The options of the executable itself that are in force: the grace period, the interval of statistics, the access log, and the watch of the configuration file. One call of <see cref="Prepare"/> and of its result at a time.</summary>
/// <param name="configuration">The configuration to start with.</param>
/// <param name="accessLogs">The access log.</param>
/// <param name="statistics">The statistics; null if they are off.</param>
/// <param name="file">The path of the configuration file; null if there is none.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ProcessSettings(ProxyConfiguration configuration, AccessLogs accessLogs, StatisticsReporter? statistics, string? file, TimeProvider timeProvider) : IDisposable
{
    private readonly Lock _lock = new();
    private ProxyConfiguration _current = configuration;
    private IReadOnlyList<string> _notApplied = [];
    private Action? _reload;
    private FileChangeWatch? _watch;
    private bool _isDisposed;

    /// <summary>Gets the configuration in force.</summary>
    public ProxyConfiguration Configuration => Volatile.Read(ref _current);

    /// <summary>Gets the keys that the file has with other values than those in force, as they cannot change while the process runs.</summary>
    public IReadOnlyList<string> NotApplied => Volatile.Read(ref _notApplied);

    /// <summary>Begins to watch the file if the options say so, now or later.</summary>
    /// <param name="reload">Called when the file has changed.</param>
    public void Start(Action reload)
    {
        _reload = reload;
        Watch();
    }

    /// <summary>
    /// Prepares the options of a configuration, which is the one in force once they are applied. Options of the executable that cannot change are set to those in force at once, and those of the host when
    /// the change is applied.
    /// </summary>
    /// <exception cref="Linkerd.Tcp.Primitives.InvalidOptionsException">The access log cannot be opened.</exception>
    public ProcessChange Prepare(ProxyConfiguration configuration)
    {
        var before = _current;
        var notApplied = new List<string>();

        // The totals of instruments that were not listened to are not known.
        if (configuration.StatsInterval == Timeout.InfiniteTimeSpan != statistics is null)
        {
            notApplied.Add("statsIntervalSecs");
            configuration.StatsInterval = before.StatsInterval;
        }

        var log = accessLogs.Open(configuration.AccessLog);
        return new ProcessChange(notApplied, Apply, () => accessLogs.Discard(log));

        void Apply(IReadOnlyList<string> all)
        {
            // What cannot change stays as it is in the configuration in force, which operators see.
            (configuration.Transport, configuration.Loops, configuration.TlsProvider, configuration.Admin) = (before.Transport, before.Loops, before.TlsProvider, before.Admin);
            Volatile.Write(ref _notApplied, all);
            Volatile.Write(ref _current, configuration);
            accessLogs.Use(log);
            Watch();
            if (statistics is not null)
            {
                statistics.Interval = configuration.StatsInterval;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _watch?.Dispose();
        }
    }

    private void Watch()
    {
        lock (_lock)
        {
            var isWanted = _current.WatchConfig && file is not null && _reload is not null && !_isDisposed;
            if (!isWanted)
            {
                _watch?.Dispose();
            }

            _watch = isWanted ? _watch ?? new FileChangeWatch([file!], _reload!, timeProvider) : null;
        }
    }
}
