using System.Net;

namespace Linkerd.Tcp.Namerd;

/// <summary>
/// The namerds, and which one is asked: the last good one for as long as it is good, then the next that is. A host name stands for all of its addresses.
/// Any thread.
/// </summary>
internal sealed class MeshServers(MeshOptions options) : IDisposable
{
    private readonly MeshHosts _hosts = new(options);
    private readonly Lock _lock = new();
    private readonly Dictionary<(Uri Address, IPEndPoint EndPoint), MeshServer> _servers = [];
    private MeshServer? _preferred;
    private bool _disposed;

    /// <summary>Finds a good one. Whoever gets it releases it (<see cref="MeshServer.Release"/>).</summary>
    /// <param name="avoid">Taken only where there is no other good one.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="MeshException">There is none now; it says when to try again.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<MeshServer> TakeAsync(MeshServer? avoid, CancellationToken cancellationToken)
    {
        var servers = Known(await _hosts.LookUpAsync(cancellationToken).ConfigureAwait(false));
        var preferred = Volatile.Read(ref _preferred);
        foreach (var server in servers.OrderBy(server => server == avoid ? 2 : server == preferred ? 0 : 1))
        {
            if (server.Pause <= TimeSpan.Zero && await server.CheckAsync(cancellationToken).ConfigureAwait(false) is null && server.TryUse())
            {
                // One that is only taken for once does not become the one that all prefer.
                if (avoid is null || preferred is null)
                {
                    Volatile.Write(ref _preferred, server);
                }

                return server;
            }
        }

        var first = servers.MinBy(server => server.Pause)!;
        var errors = string.Join("; ", servers.Select(server => server.LastError?.Message).OfType<string>().Distinct());
        throw new MeshException(errors, blamesServer: true) { RetryAfter = first.Pause };
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
                    _servers[key] = server = new MeshServer(options, key.Address, key.EndPoint);
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
