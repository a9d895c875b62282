using Linkerd.Tcp.Cli.Statistics;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>The options of the executable itself that are in force: the grace period, the interval of statistics, and the watch of the configuration file. One call of <see cref="Apply"/> at a time.</summary>
/// <param name="configuration">The configuration to start with.</param>
/// <param name="statistics">The statistics; null if they are off.</param>
/// <param name="file">The path of the configuration file; null if there is none.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ProcessSettings(ProxyConfiguration configuration, StatisticsReporter? statistics, string? file, TimeProvider timeProvider) : IDisposable
{
    private readonly Lock _lock = new();
    private ProxyConfiguration _current = configuration;
    private Action? _reload;
    private FileChangeWatch? _watch;
    private bool _isDisposed;

    /// <summary>Gets the configuration in force.</summary>
    public ProxyConfiguration Configuration => Volatile.Read(ref _current);

    /// <summary>Begins to watch the file if the options say so, now or later.</summary>
    /// <param name="reload">Called when the file has changed.</param>
    public void Start(Action reload)
    {
        _reload = reload;
        Watch();
    }

    /// <summary>Applies the options of a configuration, which is the one in force afterwards: its options that cannot change are set to those before.</summary>
    /// <returns>The keys of those that cannot change while the process runs.</returns>
    public IEnumerable<string> Apply(ProxyConfiguration configuration)
    {
        // What cannot change stays as it is in the configuration in force, which operators see.
        var before = _current;
        (configuration.Transport, configuration.Loops, configuration.Metrics, configuration.Admin, configuration.AccessLog) = (before.Transport, before.Loops, before.Metrics, before.Admin, before.AccessLog);
        Volatile.Write(ref _current, configuration);
        Watch();

        // The totals of instruments that were not listened to are not known.
        if (configuration.StatsInterval == Timeout.InfiniteTimeSpan != statistics is null)
        {
            return ["statsIntervalSecs"];
        }

        if (statistics is not null)
        {
            statistics.Interval = configuration.StatsInterval;
        }

        return [];
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
