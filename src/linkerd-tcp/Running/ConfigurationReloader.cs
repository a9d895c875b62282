using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>
/// Reloads the configuration of the process: reads it, validates it, and applies it to the host, all or nothing; then loads all certificates again. One reload at a time: requests during one share the
/// next. Any thread.
/// </summary>
internal sealed partial class ConfigurationReloader
{
    private readonly ProxyHost _host;
    private readonly Func<ReadConfiguration>? _read;
    private readonly Func<ProxyConfiguration, ProcessChange> _prepare;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Counter<long> _reloads;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Task<ReloadResult>? _running;
    private Task<ReloadResult>? _next;
    private volatile ReloadResult? _last;
    private long _lastSuccess;

    /// <param name="host">The host.</param>
    /// <param name="read">Reads the configuration, and does not throw; null if the process was started without a file: then only certificates are loaded.</param>
    /// <param name="prepare">Called with each configuration that was read: prepares the options of the executable. It may throw <see cref="InvalidOptionsException"/>.</param>
    /// <param name="loggerFactory">The factory of loggers.</param>
    /// <param name="meter">The meter of the executable.</param>
    /// <param name="timeProvider">The clock.</param>
    public ConfigurationReloader(
        ProxyHost host, Func<ReadConfiguration>? read, Func<ProxyConfiguration, ProcessChange> prepare, ILoggerFactory loggerFactory, Meter meter, TimeProvider timeProvider)
    {
        (_host, _read, _prepare, _timeProvider) = (host, read, prepare, timeProvider);
        _logger = loggerFactory.CreateLogger(LinkerdTcpTelemetry.MeterName);
        _lastSuccess = timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        _reloads = meter.CreateCounter<long>("linkerd.tcp.config.reloads", "{reload}", "Reloads of the configuration, by result.");
        meter.CreateObservableGauge("linkerd.tcp.config.last_reload.success", () => _last is { Success: false } ? 0 : 1, null, "1 if the last reload was successful, or there was none; otherwise 0.");
        meter.CreateObservableGauge("linkerd.tcp.config.last_reload.time", () => Volatile.Read(ref _lastSuccess) / 1000.0, "s", "The time of the last successful reload, or else of the start, as seconds since 1970.");
    }

    /// <summary>Gets the last reload; null if there was none.</summary>
    public ReloadResult? Last => _last;

    /// <summary>Called when the host has started: reloads wait until then.</summary>
    public void OnStarted() => _started.TrySetResult();

    /// <summary>Reloads once more after a reload that is under way. Returns at once; never throws.</summary>
    /// <param name="trigger">The trigger, for the log.</param>
    public Task<ReloadResult> ReloadAsync(string trigger)
    {
        lock (_lock)
        {
            if (_next is { } next)
            {
                return next;
            }

            return _running is { IsCompleted: false } before ? _next = FollowAsync(before, trigger) : _running = RunAsync(trigger);
        }
    }

    private async Task<ReloadResult> FollowAsync(Task<ReloadResult> before, string trigger)
    {
        await Task.Yield();
        await before.ConfigureAwait(false);
        lock (_lock)
        {
            (_running, _next) = (_next, null);
        }

        return await RunAsync(trigger).ConfigureAwait(false);
    }

    private async Task<ReloadResult> RunAsync(string trigger)
    {
        // Files are read, and a signal handler must not wait.
        await Task.Yield();
        await _started.Task.ConfigureAwait(false);
        var result = new ReloadResult(default, trigger, Success: true, [], [], [], []);
        try
        {
            result = await ReloadFileAsync(result).ConfigureAwait(false);
            result = await ReloadCertificatesAsync(result).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Such as a host that was drained meanwhile. The process goes on with what it has.
            Log.Failed(_logger, error, trigger);
            result = result with { Success = false, Problems = [.. result.Problems, error.Message] };
        }

        result = result with { Time = _timeProvider.GetUtcNow() };
        if (result.Success)
        {
            Volatile.Write(ref _lastSuccess, result.Time.ToUnixTimeMilliseconds());
        }

        _last = result;
        _reloads.Add(1, new KeyValuePair<string, object?>("result", result.Success ? "success" : "failure"));
        return result;
    }

    private async Task<ReloadResult> ReloadFileAsync(ReloadResult result)
    {
        if (_read is null)
        {
            return result;
        }

        var read = _read();
        foreach (var warning in read.Warnings)
        {
            Log.Warning(_logger, warning);
        }

        result = result with { Warnings = read.Warnings };
        if (read.Configuration is not { } configuration)
        {
            return Refuse(result, read.Errors);
        }

        try
        {
            var own = _prepare(configuration);
            ConfigurationChanges changes;
            try
            {
                changes = await _host.ApplyAsync(configuration).ConfigureAwait(false);
            }
            catch
            {
                own.Discard();
                throw;
            }

            foreach (var key in own.NotApplied)
            {
                Log.NotApplied(_logger, key);
            }

            result = result with { Applied = changes.Applied, NotApplied = [.. changes.NotApplied, .. own.NotApplied] };
            own.Apply(result.NotApplied);
            if (result.Applied.Count > 0)
            {
                Log.Reloaded(_logger, result.Trigger, string.Join(", ", result.Applied));
            }
            else if (result.NotApplied.Count > 0)
            {
                Log.NothingApplied(_logger, result.Trigger, string.Join(", ", result.NotApplied));
            }
            else
            {
                Log.Unchanged(_logger, result.Trigger);
            }

            return result;
        }
        catch (InvalidOptionsException invalid)
        {
            return Refuse(result, [.. invalid.Errors.Select(error => read.Describe?.Invoke(error.Path, error.Message) ?? (error.Path.Length == 0 ? error.Message : $"{error.Path}: {error.Message}"))]);
        }
        catch (Exception error) when (error is NameBindingException or TransportException)
        {
            return Refuse(result, [error.Message]);
        }
    }

    private ReloadResult Refuse(ReloadResult result, IReadOnlyList<string> problems)
    {
        Log.Refused(_logger, result.Trigger, problems.Count);
        foreach (var problem in problems)
        {
            Log.Problem(_logger, problem);
        }

        return result with { Success = false, Problems = problems };
    }

    private async Task<ReloadResult> ReloadCertificatesAsync(ReloadResult result)
    {
        if (!_host.HasCertificates)
        {
            if (_read is null)
            {
                Log.NothingToReload(_logger, result.Trigger);
            }

            return result;
        }

        var problems = await _host.ReloadCertificatesAsync().ConfigureAwait(false);
        if (problems.Count == 0)
        {
            Log.CertificatesReloaded(_logger, result.Trigger);
            return result;
        }

        Log.CertificatesNotReloaded(_logger, result.Trigger, problems.Count, string.Join("; ", problems));
        return result with { Success = false, Problems = [.. result.Problems, .. problems] };
    }

    private static partial class Log
    {
        [LoggerMessage(9014, LogLevel.Information, "all certificates were read again ({Trigger}); new handshakes use them", EventName = "CertificatesReloaded")]
        public static partial void CertificatesReloaded(ILogger logger, string trigger);

        [LoggerMessage(9015, LogLevel.Error, "certificates were read again ({Trigger}), and {Count} cannot be used, so that those before them stay in use: {Problems}", EventName = "CertificatesNotReloaded")]
        public static partial void CertificatesNotReloaded(ILogger logger, string trigger, int count, string problems);

        [LoggerMessage(9016, LogLevel.Warning, "there are no certificates to read again, so that {Trigger} means nothing here, and is ignored; SIGTERM stops the proxy", EventName = "NothingToReload")]
        public static partial void NothingToReload(ILogger logger, string trigger);

        [LoggerMessage(9020, LogLevel.Information, "the configuration was reloaded ({Trigger}); changed: {Keys}", EventName = "ConfigurationReloaded")]
        public static partial void Reloaded(ILogger logger, string trigger, string keys);

        [LoggerMessage(9021, LogLevel.Information, "the configuration was reloaded ({Trigger}); it is in force already, and nothing has changed", EventName = "ConfigurationUnchanged")]
        public static partial void Unchanged(ILogger logger, string trigger);

        [LoggerMessage(9022, LogLevel.Error, "the configuration was not reloaded ({Trigger}), and nothing has changed; {Count} errors follow", EventName = "ConfigurationRefused")]
        public static partial void Refused(ILogger logger, string trigger, int count);

        [LoggerMessage(9023, LogLevel.Error, "{Problem}", EventName = "ConfigurationProblem")]
        public static partial void Problem(ILogger logger, string problem);

        [LoggerMessage(9024, LogLevel.Warning, "{Warning}", EventName = "ConfigurationWarning")]
        public static partial void Warning(ILogger logger, string warning);

        [LoggerMessage(9025, LogLevel.Warning, "{Key} stays as it is until the process is restarted: it cannot change while the process runs", EventName = "ConfigurationNotApplied")]
        public static partial void NotApplied(ILogger logger, string key);

        [LoggerMessage(9027, LogLevel.Information, "the configuration was reloaded ({Trigger}); nothing has changed, and {Keys} cannot until the process is restarted", EventName = "NothingApplied")]
        public static partial void NothingApplied(ILogger logger, string trigger, string keys);

        [LoggerMessage(9026, LogLevel.Error, "the reload ({Trigger}) failed", EventName = "ReloadFailed")]
        public static partial void Failed(ILogger logger, Exception error, string trigger);
    }
}
