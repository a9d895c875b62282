using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Shared;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd.Mesh.Servers;

/// <summary>
/// The namerds, and the choice among them: the last good one as long as it is good, then the next that is. A host name stands for all of its addresses.
/// Any thread.
/// </summary>
internal sealed class MeshServers(MeshOptions options) : IDisposable
{
    private static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(2);
    private readonly MeshHosts _hosts = new(options);
    private readonly NamerdTls? _tls = NamerdTls.Create(
        options.Tls, options.Addresses.Any(static address => address.Scheme == MeshAddress.TlsScheme), options.LoggerFactory, options.TimeProvider);
    private readonly Lock _lock = new();
    private readonly Dictionary<(Uri Address, IPEndPoint EndPoint), MeshServer> _servers = [];
    private MeshServer? _preferred;
    private bool _disposed;

    /// <summary>Loads the files of TLS again, if there are any.</summary>
    /// <returns>The problems of files that cannot be used.</returns>
    public Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken) => _tls?.ReloadAsync(cancellationToken) ?? Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Deduplicates log messages about the same outage across names.</summary>
    public RepeatFilter Outages { get; } = new(options.TimeProvider);

    /// <summary>The time for which none of them is worth trying from now on; zero if one is.</summary>
    public TimeSpan Pause
    {
        get
        {
            lock (_lock)
            {
                var pause = _servers.Values.Select(server => server.Pause).DefaultIfEmpty().Min();
                return pause > TimeSpan.Zero ? pause : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Gets the state of each server that is known.</summary>
    public IReadOnlyList<NamingServerSnapshot> Snapshot()
    {
        lock (_lock)
        {
            return [.. _servers.Values.Select(static server => server.Snapshot())];
        }
    }

    /// <summary>Finds a good one. The caller releases it (<see cref="MeshServer.Release"/>).</summary>
    /// <param name="avoid">Taken only if there is no other good one.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="MeshException">There is none now; the exception has the time until the next try.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<MeshServer> TakeAsync(MeshServer? avoid, CancellationToken cancellationToken)
    {
        var servers = Known(await _hosts.LookUpAsync(cancellationToken).ConfigureAwait(false));
        var preferred = Volatile.Read(ref _preferred);
        var candidates = servers.Where(server => server.Pause <= TimeSpan.Zero).OrderBy(server => server == avoid ? 2 : server == preferred ? 0 : 1);
        if (await FirstGoodAsync([.. candidates], cancellationToken).ConfigureAwait(false) is { } good)
        {
            // One that is only taken for once does not become the one that all prefer.
            if (avoid is null || preferred is null)
            {
                Volatile.Write(ref _preferred, good);
            }

            return good;
        }

        var first = servers.MinBy(server => server.Pause)!;
        var errors = string.Join("; ", servers.Select(server => server.LastError?.Message).OfType<string>().Distinct());
        throw new MeshException(errors, blamesServer: true) { RetryAfter = first.Pause };
    }

    /// <summary>
    /// Finds a good one that was not tried yet, for a request that each gets once; null if there is none. The caller releases it.
    /// </summary>
    /// <param name="asked">Those that were tried.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<MeshServer?> TakeOtherAsync(IReadOnlyCollection<MeshServer> asked, CancellationToken cancellationToken)
    {
        var others = Known(await _hosts.LookUpAsync(cancellationToken).ConfigureAwait(false)).Where(server => server.Pause <= TimeSpan.Zero && !asked.Contains(server));
        return await FirstGoodAsync([.. others], cancellationToken).ConfigureAwait(false);
    }

    // One after the other, each given some time before the next one is tried besides: one that does not answer costs that time, not a whole timeout.
    private async ValueTask<MeshServer?> FirstGoodAsync(List<MeshServer> candidates, CancellationToken cancellationToken)
    {
        var checks = new List<(MeshServer Server, Task<MeshException?> Check)>();
        foreach (var server in candidates)
        {
            var check = server.CheckAsync(cancellationToken).AsTask();
            checks.Add((server, check));
            if (!check.IsCompleted && checks.Count < candidates.Count)
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var patience = Task.Delay(HeadStart, options.TimeProvider, stop.Token);
                await Task.WhenAny(checks.Select(pending => (Task)pending.Check).Append(patience)).ConfigureAwait(false);
                await stop.CancelAsync().ConfigureAwait(false);
            }

            if (await TakeAsync(checks).ConfigureAwait(false) is { } good)
            {
                return good;
            }
        }

        while (checks.Count > 0)
        {
            await Task.WhenAny(checks.Select(pending => pending.Check)).ConfigureAwait(false);
            if (await TakeAsync(checks).ConfigureAwait(false) is { } good)
            {
                return good;
            }
        }

        return null;
    }

    // Of the checks that have ended, those that were bad are left out from now on.
    private static async ValueTask<MeshServer?> TakeAsync(List<(MeshServer Server, Task<MeshException?> Check)> checks)
    {
        foreach (var ended in checks.Where(pending => pending.Check.IsCompleted).ToList())
        {
            checks.Remove(ended);
            if (await ended.Check.ConfigureAwait(false) is null && ended.Server.TryUse())
            {
                return ended.Server;
            }
        }

        return null;
    }

    public void Dispose()
    {
        MeshServer[] servers;
        lock (_lock)
        {
            _disposed = true;
            servers = [.. _servers.Values];
            _servers.Clear();
        }

        foreach (var server in servers)
        {
            server.Dispose();
        }

        _tls?.Dispose();
    }

    private List<MeshServer> Known(IReadOnlyList<(Uri Address, IPEndPoint EndPoint)> wanted)
    {
        var known = new List<MeshServer>(wanted.Count);
        var gone = new List<MeshServer>();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            foreach (var key in wanted)
            {
                if (!_servers.TryGetValue(key, out var server))
                {
                    _servers[key] = server = new MeshServer(options, _tls, key.Address, key.EndPoint);
                }

                known.Add(server);
            }

            foreach (var key in _servers.Keys.Except(wanted).ToList())
            {
                _servers.Remove(key, out var server);
                gone.Add(server!);
            }
        }

        gone.ForEach(server => server.Retire());
        return known;
    }
}
