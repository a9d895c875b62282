using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>
/// Holds what was loaded last from some files, and replaces it with what is newer and no worse. For one thread at a time; <see cref="Current"/>, <see cref="LoadedAt"/> and
/// <see cref="Problem"/> may be read from any.
/// </summary>
internal sealed partial class CertificateSlot
{
    // What kept a file from being read may go without a change of the file.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(60);
    private readonly Func<DateTimeOffset, CertificateLoad<ILoadedCertificates>> _load;
    private readonly FileChangeDetector _files;
    private readonly CertificateServices _services;
    private readonly ExpiryWarning _expiry;
    private volatile ILoadedCertificates? _current;
    private volatile CertificateProblem? _problem;
    private long _failedAt;
    private long _loadedAt;

    /// <param name="option">The path of the option whose members name the files.</param>
    /// <param name="paths">The files.</param>
    /// <param name="load">Loads them, for a time.</param>
    /// <param name="services">The clock, the log and the metrics.</param>
    public CertificateSlot(string option, IReadOnlyList<string> paths, Func<DateTimeOffset, CertificateLoad<ILoadedCertificates>> load, CertificateServices services)
    {
        Option = option;
        _load = load;
        _files = new(paths, services.TimeProvider);
        _services = services;
        _expiry = new(services.Logger);
        Load(isForced: true);
    }

    public string Option { get; }

    /// <summary>Gets what is in use. Not to be asked for if the first load has failed.</summary>
    public ILoadedCertificates Current => _current ?? throw new InvalidOperationException("Nothing was loaded.");

    /// <summary>Gets why the last load failed; null if it did not.</summary>
    public CertificateProblem? Problem => _problem;

    /// <summary>Gets the time of the last load that succeeded.</summary>
    public DateTimeOffset LoadedAt => new(Volatile.Read(ref _loadedAt), TimeSpan.Zero);

    /// <summary>Gets whether the files are being written.</summary>
    public bool IsSettling => _files.IsSettling;

    /// <summary>Loads the files if they have changed, or if that is to be tried again.</summary>
    /// <param name="isForced">Whether to load them in any case.</param>
    /// <returns>Whether <see cref="Current"/> is another one now.</returns>
    public bool Poll(bool isForced)
    {
        var isRetry = _problem is { IsTransient: true } && _services.TimeProvider.GetElapsedTime(_failedAt) >= RetryInterval;
        var isReplaced = (_files.Poll() || isForced || isRetry) && Load(isForced);
        _expiry.Check(Current, _services.TimeProvider.GetUtcNow());
        return isReplaced;
    }

    private bool Load(bool isForced)
    {
        _files.BeginLoad();
        var now = _services.TimeProvider.GetUtcNow();
        var (loaded, problem) = LoadGuarded(now);
        problem ??= FindRegress(loaded!, now);
        if (problem is not null)
        {
            // Half of a new set and half of an old one may have been read: the next polls wait for the rest.
            if (isForced || !_files.HasChangedSinceLoad())
            {
                Fail(problem, isForced);
            }

            return false;
        }

        var (before, hadProblem) = (_current, _problem is not null);
        _problem = null;
        Volatile.Write(ref _loadedAt, now.UtcTicks);

        // What is the same stays the same object, as session tickets go with it.
        var isReplaced = before is null || !before.IsSame(loaded!);
        if (isReplaced)
        {
            _current = loaded;
        }

        if (isReplaced || hadProblem)
        {
            Log.Loaded(_services.Logger, loaded!, loaded!.Thumbprint, loaded.NotAfter);
            foreach (var warning in loaded.Warnings)
            {
                Log.Warned(_services.Logger, loaded.File, warning);
            }
        }

        return isReplaced;
    }

    // Whatever a damaged file makes a library throw must not end the watch.
    private CertificateLoad<ILoadedCertificates> LoadGuarded(DateTimeOffset now)
    {
        try
        {
            return _load(now);
        }
        catch (Exception e)
        {
            return new(null, new(CertificateFailure.Unreadable, string.Empty, $"{Option}: {e.GetType().Name}: {e.Message}"));
        }
    }

    private CertificateProblem? FindRegress(ILoadedCertificates loaded, DateTimeOffset now) => _current is null || loaded.IsValidAt(now) || !_current.IsValidAt(now) ? null
        : now > loaded.NotAfter ? new(CertificateFailure.Expired, string.Empty, $"{loaded.File}: it expired on {loaded.NotAfter:yyyy-MM-dd HH:mm:ss}Z")
        : new(CertificateFailure.NotYetValid, string.Empty, $"{loaded.File}: it is not valid before {loaded.NotBefore:yyyy-MM-dd HH:mm:ss}Z");

    private void Fail(CertificateProblem problem, bool isForced)
    {
        _failedAt = _services.TimeProvider.GetTimestamp();
        var isNew = _problem != problem;
        _problem = problem;
        if (_current is null)
        {
            return;
        }

        _services.Instruments?.Failed(_current.File, problem.Cause);
        if (isNew || isForced)
        {
            Log.Kept(_services.Logger, problem, _current.Thumbprint, _current.NotAfter);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6101, LogLevel.Information, "{Certificates} loaded: SHA-256 {Thumbprint}, valid until {NotAfter:yyyy-MM-dd HH:mm:ss}Z", EventName = "CertificatesLoaded")]
        public static partial void Loaded(ILogger logger, ILoadedCertificates certificates, string thumbprint, DateTimeOffset notAfter);

        [LoggerMessage(6102, LogLevel.Warning, "{File}: {Warning}", EventName = "CertificateWarning")]
        public static partial void Warned(ILogger logger, string file, string warning);

        [LoggerMessage(6103, LogLevel.Error, "certificates that were changed are not used: {Problem}; those with SHA-256 {Thumbprint}, valid until {NotAfter:yyyy-MM-dd HH:mm:ss}Z, stay", EventName = "CertificatesKept")]
        public static partial void Kept(ILogger logger, CertificateProblem problem, string thumbprint, DateTimeOffset notAfter);
    }
}
