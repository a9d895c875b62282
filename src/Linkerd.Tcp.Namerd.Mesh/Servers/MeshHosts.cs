using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Mesh.Servers;

/// <summary>The addresses of the namerds: those of the options, each host name with all of its current addresses. Any thread.</summary>
internal sealed class MeshHosts(MeshOptions options)
{
    // Many streams that open at once look up once.
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IPAddress[]> _last = [];
    private Task<IReadOnlyList<(Uri, IPEndPoint)>>? _lookup;
    private long _lookedUp;

    /// <summary>All of them, in the order of the options. A host name that cannot be resolved now keeps its last addresses.</summary>
    /// <exception cref="MeshException">No address is known.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<IReadOnlyList<(Uri Address, IPEndPoint EndPoint)>> LookUpAsync(CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<(Uri, IPEndPoint)>> lookup;
        lock (_lock)
        {
            if (_lookup is null || (_lookup.IsCompleted && options.TimeProvider.GetElapsedTime(_lookedUp) > Freshness))
            {
                _lookedUp = options.TimeProvider.GetTimestamp();
                _lookup = LookUpAllAsync();
            }

            lookup = _lookup;
        }

        return await lookup.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<(Uri, IPEndPoint)>> LookUpAllAsync()
    {
        var all = new List<(Uri, IPEndPoint)>();
        MeshException? error = null;
        foreach (var address in options.Addresses)
        {
            var port = address.Port > 0 ? address.Port : MeshAddress.DefaultPort;
            if (AddressLiteral.Read(address.IdnHost) is { } literal)
            {
                all.Add((address, new IPEndPoint(literal, port)));
                continue;
            }

            if (AddressLiteral.HasZoneName(address.IdnHost))
            {
                error = new MeshException($"there is no network interface for namerd's address [{address.IdnHost}]:{port}", blamesServer: true);
                continue;
            }

            try
            {
                var found = await options.HostLookup.GetAddressesAsync(address.IdnHost, _last.ContainsKey(address.IdnHost), CancellationToken.None)
                    .WaitAsync(options.RequestTimeout, options.TimeProvider).ConfigureAwait(false);
                if (found.Length == 0)
                {
                    throw new SocketException((int)SocketError.HostNotFound);
                }

                _last[address.IdnHost] = found;
            }
            catch (Exception exception)
            {
                error = exception is TimeoutException
                    ? new MeshException($"the host name of namerd at {address.IdnHost}:{port} was not resolved within {options.RequestTimeout.TotalSeconds} s", blamesServer: true)
                    : new MeshException(FailureText.Describe($"{address.IdnHost}:{port}", exception), blamesServer: true);
            }

            all.AddRange(_last.GetValueOrDefault(address.IdnHost, []).Select(found => (address, new IPEndPoint(found, port))));
        }

        return all.Count > 0 ? all.Distinct().ToList() : throw error!;
    }
}
