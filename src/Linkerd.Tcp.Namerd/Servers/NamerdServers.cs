using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Shared;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Resolving;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd.Servers;

/// <summary>
/// All namerds of one resolver, shared by all of its requests. The last good one is preferred. One that fails is marked, and left alone for a time of its
/// own (1 s doubling to 10 s, or to the interval if that is shorter, jittered); then one request finds out whether it is back, however many wait. So an
/// outage costs as many connects for a thousand names as for one. Any thread.
/// </summary>
internal sealed class NamerdServers : IDisposable
{
    private readonly Lock _lock = new();
    private readonly NamerdOptions _options;
    private readonly ILogger _logger;
    private readonly NamerdHost[] _hosts;
    private readonly NamerdTls? _tls;
    private NamerdServer? _preferred;
    private TaskCompletionSource _changed = NewSignal();
    private int _sessions;

    /// <exception cref="Primitives.InvalidOptionsException">A file of the options of TLS cannot be used.</exception>
    public NamerdServers(NamerdOptions options, ILogger logger, IHostLookup lookup, Func<Stream, Stream>? wrap)
    {
        _options = options;
        _logger = logger;
        _tls = NamerdTls.Create(options.Tls, options.BaseAddresses.Any(static address => address.Scheme == Uri.UriSchemeHttps), options.LoggerFactory, options.TimeProvider);
        _hosts = [.. options.BaseAddresses.Select(address => new NamerdHost(options, address, lookup, _tls, wrap))];
        Outages = new RepeatFilter(options.TimeProvider);
    }

    /// <summary>Loads the files of TLS again, if there are any.</summary>
    /// <returns>The problems of files that cannot be used.</returns>
    public Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken) => _tls?.ReloadAsync(cancellationToken) ?? Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Deduplicates log messages about the same outage across names.</summary>
    public RepeatFilter Outages { get; }

    /// <summary>The number of sessions that use these servers.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>Looks up the host names among the addresses if that is due.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        foreach (var host in _hosts)
        {
            await host.RefreshAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Chooses a server for a request.</summary>
    /// <param name="except">The servers to avoid.</param>
    /// <returns>The attempt, to be disposed; null if no server is available now.</returns>
    public ServerAttempt? TryTake(ICollection<NamerdServer> except)
    {
        lock (_lock)
        {
            if (Find(except) is not { } server)
            {
                return null;
            }

            var isProbe = server.Mark is not null;
            server.IsProbed |= isProbe;
            return new ServerAttempt(this, server, isProbe, Now);
        }
    }

    /// <summary>Takes a certain server, if it is not marked.</summary>
    public ServerAttempt? TryTakeSame(NamerdServer server)
    {
        lock (_lock)
        {
            return server.Mark is null ? new ServerAttempt(this, server, isProbe: false, Now) : null;
        }
    }

    /// <summary>Returns true if there is a server besides some.</summary>
    public bool HasOther(ICollection<NamerdServer> except)
    {
        lock (_lock)
        {
            return Find(except) is not null;
        }
    }

    /// <summary>True if some server is not marked.</summary>
    public bool IsAnyUp
    {
        get
        {
            lock (_lock)
            {
                return All.Any(server => server.Mark is null);
            }
        }
    }

    /// <summary>Gets the state of each server; a host name that was not looked up yet has none.</summary>
    public IReadOnlyList<NamingServerSnapshot> Snapshot()
    {
        lock (_lock)
        {
            return [.. All.Select(server => new NamingServerSnapshot
            {
                Address = server.Text,
                IsAvailable = server.Mark is not null ? false : server.WasGood ? true : null,
                Error = server.Mark?.Error,
                RetryAfter = server.Mark is { } mark ? TimeSpan.FromSeconds(Math.Max(0, _options.TimeProvider.GetElapsedTime(Now, mark.Until).TotalSeconds)) : null,
            })];
        }
    }

    /// <summary>Gets the outage to wait for if no server is available.</summary>
    public ServerOutage Outage()
    {
        lock (_lock)
        {
            var marked = All.Where(server => server.Mark is not null).ToList();
            var wait = Timeout.InfiniteTimeSpan;
            foreach (var server in marked)
            {
                // Timers count whole milliseconds, and one that fires too early finds the server still marked.
                var left = _options.TimeProvider.GetElapsedTime(Now, server.Mark!.Until).TotalMilliseconds;
                var due = TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(left)));
                wait = !server.IsProbed && (wait < TimeSpan.Zero || due < wait) ? due : wait;
            }

            return new ServerOutage(string.Join("; ", marked.Select(server => server.Mark!.Error).Distinct()), wait, _changed.Task);
        }
    }

    /// <summary>Counts a session that begins (1) or ends (-1).</summary>
    public void CountSession(int change) => Interlocked.Add(ref _sessions, change);

    public void Dispose()
    {
        foreach (var host in _hosts)
        {
            host.Dispose();
        }

        _tls?.Dispose();
    }

    internal void Connected(ServerAttempt attempt)
    {
        lock (_lock)
        {
            if (attempt.Server.Mark is { IsUnreachable: true })
            {
                Unmark(attempt.Server);
            }
        }
    }

    internal void Answered(ServerAttempt attempt)
    {
        lock (_lock)
        {
            var server = attempt.Server;
            server.Backoff.Reset();
            server.WasGood = true;
            server.GoodAt = Now;
            _preferred = _preferred is { Mark: null } good && All.Contains(good) ? good : server;
            if (server.Mark is not null)
            {
                Unmark(server);
            }
        }
    }

    internal void Failed(ServerAttempt attempt, string error, bool isUnreachable)
    {
        var server = attempt.Server;
        TimeSpan left;
        bool isNew;
        lock (_lock)
        {
            // Many requests run at once, and all of them fail: that counts once.
            var isLate = server.Mark is not null ? !attempt.IsProbe : server.GoodAt > attempt.Begun;
            if (isLate)
            {
                return;
            }

            left = server.Backoff.Next();
            isNew = server.Mark is null;
            server.Mark = new ServerFailure(error, Now + (long)(left.TotalSeconds * _options.TimeProvider.TimestampFrequency), isUnreachable);
            server.IsProbed = false;
            Signal();
        }

        if (isNew && IsAnyUp)
        {
            NamerdLog.ServerLeft(_logger, server.WasGood ? LogLevel.Warning : LogLevel.Debug, error, left.TotalSeconds);
        }
    }

    internal void Abandoned(ServerAttempt attempt)
    {
        lock (_lock)
        {
            attempt.Server.IsProbed = false;
            Signal();
        }
    }

    private long Now => _options.TimeProvider.GetTimestamp();

    private IEnumerable<NamerdServer> All => _hosts.SelectMany(host => host.Servers);

    // The preferred one first, then in the order of the addresses; those that are marked only if no other is left.
    private NamerdServer? Find(ICollection<NamerdServer> except)
    {
        if (_preferred is { Mark: null } preferred && !except.Contains(preferred) && All.Contains(preferred))
        {
            return preferred;
        }

        var others = All.Where(server => !except.Contains(server)).ToList();
        return others.Find(server => server.Mark is null)
            ?? others.Find(server => !server.IsProbed && _options.TimeProvider.GetElapsedTime(Now, server.Mark!.Until) <= TimeSpan.Zero);
    }

    private void Unmark(NamerdServer server)
    {
        server.Mark = null;
        server.IsProbed = false;
        Signal();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    // Waiting callers continue elsewhere: this is signalled under the lock.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
