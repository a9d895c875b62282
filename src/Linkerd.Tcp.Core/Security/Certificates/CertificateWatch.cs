using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Represents the files that a listener, or the servers of a destination, need.</summary>
internal sealed class CertificateSources
{
    /// <summary>Gets the files of the identities, the default first.</summary>
    public IReadOnlyList<CertificateFiles> Identities { get; init; } = [];

    /// <summary>Gets the PEM files of the trusted roots; none: the system's.</summary>
    public IReadOnlyList<string> RootFiles { get; init; } = [];

    /// <summary>Gets the PEM files of revocation lists; none: revocation is not checked.</summary>
    public IReadOnlyList<string> CrlFiles { get; init; } = [];

    /// <summary>Gets a value that indicates whether OpenSSL presents the identities: an ECDSA and an RSA identity of the same name are both used.</summary>
    public bool IsOpenSsl { get; init; }

    /// <summary>Gets a function that returns the reason for which the provider refuses an identity; null if it takes it.</summary>
    public Func<TlsIdentity, string?> FindProblem { get; init; } = static _ => null;

    /// <summary>Gets a function that returns the reason for which the provider refuses a revocation list; null if it takes it.</summary>
    public Func<RevocationList, string?> FindListProblem { get; init; } = static _ => null;

    /// <summary>Gets the side of a handshake on which the identities are presented.</summary>
    public IdentityPurpose Purpose { get; init; }

    /// <summary>Gets the path of the options that these were taken from, with a dot, for errors.</summary>
    public string OptionPath { get; init; } = string.Empty;

    /// <summary>Returns true if the files and their use are the same.</summary>
    public bool IsSame(CertificateSources other) => (Purpose, IsOpenSsl) == (other.Purpose, other.IsOpenSsl) && Identities.Count == other.Identities.Count
        && Identities.Zip(other.Identities).All(static pair => pair.First.IsSame(pair.Second)) && RootFiles.SequenceEqual(other.RootFiles) && CrlFiles.SequenceEqual(other.CrlFiles);

    /// <summary>Loads an identity, and asks the provider whether it takes it.</summary>
    public CertificateLoad<TlsIdentity> Load(CertificateFiles files, DateTimeOffset now)
    {
        var load = IdentityLoader.Load(files, Purpose, now);
        return load.Loaded is { } identity && FindProblem(identity) is { } problem
            ? new(null, new(CertificateFailure.Unsupported, nameof(CertificateFiles.CertificateFile), problem)) : load;
    }

    /// <summary>Loads the revocation lists, and asks the provider whether it takes them.</summary>
    public CertificateLoad<RevocationLists> LoadLists()
    {
        var load = RevocationLists.Load(CrlFiles);
        return load.Loaded?.All.Select(FindListProblem).FirstOrDefault(static problem => problem is not null) is { } refused
            ? new(null, new(CertificateFailure.Malformed, RevocationLists.Option, refused)) : load;
    }
}

/// <summary>Represents what the watches of certificates need besides their files.</summary>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Logger">The log.</param>
/// <param name="Instruments">The metrics; null: none.</param>
internal sealed record CertificateServices(TimeProvider TimeProvider, ILogger Logger, CertificateInstruments? Instruments = null);

/// <summary>Represents what handshakes use from a moment on. Immutable.</summary>
/// <param name="Identities">The identities; null if there are no files of any.</param>
/// <param name="Roots">The trusted roots.</param>
/// <param name="Revocations">The revocation lists; null if there are no files of any.</param>
internal sealed record CurrentCertificates(TlsIdentitySet? Identities, TrustedRoots Roots, RevocationLists? Revocations = null);

/// <summary>
/// Loads identities, trusted roots and revocation lists from files, and watches the files: a change is loaded within 2 s on the thread pool, checked as a whole, and is then in <see cref="Current"/> for the next
/// handshake. Each identity, the roots, and the lists are replaced for themselves; what is not usable is logged and counted, and what was before it stays. Members may be called from any thread.
/// </summary>
/// <remarks>
/// The files are polled: notifications of the kernel do not cover network file systems and bind mounts, and are for directories whose symbolic links change, as those of Kubernetes do, hardly
/// simpler. A poll is one <c>statx</c> for each file.
/// </remarks>
internal sealed partial class CertificateWatch : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CertificateServices _services;
    private readonly CertificateSlot[] _identities;
    private readonly CertificateSlot? _roots;
    private readonly CertificateSlot? _revocations;
    private readonly bool _isOpenSsl;
    // Null if there is no file to watch: the system's roots are the runtime's.
    private readonly ITimer? _timer;
    private volatile CurrentCertificates _current;
    private IReadOnlyList<string> _warnings = [];
    private bool _isDisposed;

    /// <summary>Loads the files, on the thread of the caller, and begins to watch them.</summary>
    /// <exception cref="InvalidOptionsException">Files cannot be used. It has each of them. A certificate that has expired can be used.</exception>
    public CertificateWatch(CertificateSources sources, CertificateServices services)
    {
        _services = services;
        _isOpenSsl = sources.IsOpenSsl;
        _identities = [.. sources.Identities.Select((files, i) => new CertificateSlot(
            sources.OptionPath + (sources.Purpose == IdentityPurpose.Client ? "Certificate" : FormattableString.Invariant($"Certificates[{i}]")), files.Paths, now => Any(sources.Load(files, now)), services))];
        _roots = sources.RootFiles.Count == 0 ? null : new CertificateSlot(
            sources.OptionPath.TrimEnd('.'), [.. sources.RootFiles.Select(Path.GetFullPath)], _ => Any(TrustedRoots.Load(sources.RootFiles)), services);
        _revocations = sources.CrlFiles.Count == 0 ? null : new CertificateSlot(
            sources.OptionPath.TrimEnd('.'), [.. sources.CrlFiles.Select(Path.GetFullPath)], _ => Any(sources.LoadLists()), services);
        var errors = Slots.Where(static slot => slot.Problem is not null).Select(slot => new OptionsError(Join(slot.Option, NameOf(slot.Problem!.Option, sources.Purpose)), slot.Problem.Message)).ToList();
        if (errors.Count > 0)
        {
            throw new InvalidOptionsException(errors, nameof(sources));
        }

        _current = Collect();
        Poll(isForced: false);
        services.Instruments?.Add(this);
        if (Slots.Any())
        {
            _timer = services.TimeProvider.CreateTimer(static watch => ((CertificateWatch)watch!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(FileChangeDetector.PollInterval, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Gets what the next handshake uses.</summary>
    public CurrentCertificates Current => _current;

    /// <summary>Gets the files of the identities, of the roots, and of the revocation lists.</summary>
    public IEnumerable<CertificateSlot> Slots => _identities.Concat(new[] { _roots, _revocations }.OfType<CertificateSlot>());

    /// <summary>Gets the certificates and roots in use.</summary>
    public IEnumerable<CertificateSnapshot> Snapshot() => Slots.Select(static slot => new CertificateSnapshot(slot));

    /// <summary>Loads all files again, whether they have changed or not, on the thread pool.</summary>
    /// <returns>What cannot be used, if anything: what was before it stays.</returns>
    public Task<IReadOnlyList<CertificateProblem>> ReloadAsync(CancellationToken cancellationToken = default) => Task.Run(
        IReadOnlyList<CertificateProblem> () =>
        {
            Poll(isForced: true);
            return [.. Slots.Select(static slot => slot.Problem).OfType<CertificateProblem>()];
        },
        cancellationToken);

    /// <summary>Loads the files of watches again, whether they have changed or not, on the thread pool.</summary>
    /// <returns>The problems of files that cannot be used, once each: what was loaded before stays.</returns>
    public static async Task<IReadOnlyList<string>> ReloadAsync(IEnumerable<CertificateWatch> watches, CancellationToken cancellationToken)
    {
        var problems = await Task.WhenAll(watches.Select(watch => watch.ReloadAsync(cancellationToken))).WaitAsync(cancellationToken).ConfigureAwait(false);
        return [.. problems.SelectMany(static some => some).Select(static problem => problem.Message).Distinct()];
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        _timer?.Dispose();
        _services.Instruments?.Remove(this);
    }

    private static CertificateLoad<ILoadedCertificates> Any<T>(CertificateLoad<T> load)
        where T : class, ILoadedCertificates => new(load.Loaded, load.Problem);

    // The side that has an identity for servers, a listener, has roots for its clients.
    private static string NameOf(string option, IdentityPurpose purpose) => option == TrustedRoots.Option && purpose == IdentityPurpose.Server ? "ClientRootFiles" : option;

    private static string Join(string path, string option) => path.Length == 0 || option.Length == 0 ? path + option : $"{path}.{option}";

    // One shot after the other, so that a file system that hangs has one thread wait for it, not more and more.
    private void OnTimer()
    {
        Poll(isForced: false);
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _timer!.Change(Slots.Any(static slot => slot.IsSettling) ? FileChangeDetector.SettleInterval : FileChangeDetector.PollInterval, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Poll(bool isForced)
    {
        lock (_lock)
        {
            var isReplaced = false;
            foreach (var slot in Slots)
            {
                isReplaced |= slot.Poll(isForced);
            }

            if (isReplaced)
            {
                _current = Collect();
            }
        }
    }

    private CurrentCertificates Collect()
    {
        var identities = _identities.Length == 0 ? null : new TlsIdentitySet([.. _identities.Select(static slot => (TlsIdentity)slot.Current)], _isOpenSsl);
        var warnings = identities?.Warnings ?? [];
        foreach (var warning in warnings.Except(_warnings))
        {
            Log.Shadowed(_services.Logger, warning);
        }

        _warnings = warnings;
        return new(identities, _roots is null ? TrustedRoots.System : (TrustedRoots)_roots.Current, (RevocationLists?)_revocations?.Current);
    }

    private static partial class Log
    {
        [LoggerMessage(6107, LogLevel.Warning, "{Warning}", EventName = "CertificateNameTaken")]
        public static partial void Shadowed(ILogger logger, string warning);
    }
}
