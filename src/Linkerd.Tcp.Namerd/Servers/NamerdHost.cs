using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Shared;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Namerd.Servers;

/// <summary>
/// One base address, and the servers that its host stands for. A host name is looked up again before a request if the last answer is older than a second;
/// if that fails, or takes long, the last known addresses are used. Any thread.
/// </summary>
internal sealed class NamerdHost : IDisposable
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly NamerdOptions _options;
    private readonly Uri _baseAddress;
    private readonly IHostLookup? _lookup;
    private readonly NamerdTls? _tls;
    private readonly Func<Stream, Stream>? _wrap;
    private Task? _looking;
    private long? _lookedAt;
    private NamerdServer[] _servers = [];

    /// <param name="options">The options of requests.</param>
    /// <param name="baseAddress">The base address.</param>
    /// <param name="lookup">Finds the addresses of its host.</param>
    /// <param name="tls">TLS to namerd; null if no address uses it.</param>
    /// <param name="wrap">For tests: a stream between a connection and HTTP.</param>
    public NamerdHost(NamerdOptions options, Uri baseAddress, IHostLookup lookup, NamerdTls? tls, Func<Stream, Stream>? wrap)
    {
        (_options, _baseAddress, _tls, _wrap) = (options, baseAddress, tls, wrap);
        if (!AddressLiteral.HasZoneName(baseAddress.IdnHost) && AddressLiteral.Read(baseAddress.IdnHost) is { } address)
        {
            _servers = [Make(address, isOneOfSeveral: false)];
        }
        else
        {
            _lookup = lookup;
        }
    }

    /// <summary>The servers, in the order of the lookup. None before the first <see cref="RefreshAsync"/> of a host name.</summary>
    public IReadOnlyList<NamerdServer> Servers => Volatile.Read(ref _servers);

    /// <summary>Looks the host up if that is due.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        if (_lookup is null)
        {
            return;
        }

        Task looking;
        lock (_lock)
        {
            if (_looking is null && _lookedAt is { } at && _options.TimeProvider.GetElapsedTime(at) < FreshFor)
            {
                return;
            }

            looking = _looking ??= LookAsync(_lookup);
        }

        // The lookup goes on by itself: the next caller finds its result.
        var patience = Servers is [{ Address: not null }, ..] ? _options.RequestTimeout / 10 : _options.RequestTimeout;
        await looking.WaitAsync(patience, _options.TimeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (Servers.Count == 0)
        {
            Apply([]);
        }
    }

    public void Dispose()
    {
        foreach (var server in Servers)
        {
            server.Dispose();
        }
    }

    private async Task LookAsync(IHostLookup lookup)
    {
        IPAddress[] addresses = [];
        try
        {
            // The interface of a zone comes and goes.
            addresses = !AddressLiteral.HasZoneName(_baseAddress.IdnHost) ? await lookup.GetAddressesAsync(_baseAddress.IdnHost, _lookedAt is not null, CancellationToken.None).ConfigureAwait(false)
                : AddressLiteral.Read(_baseAddress.IdnHost) is { } address ? [address] : [];
        }
        catch (Exception)
        {
            // Whatever the error: there is no address, and the attempt to connect reports it.
            addresses = [];
        }

        Apply(addresses);
        lock (_lock)
        {
            _looking = null;
            _lookedAt = _options.TimeProvider.GetTimestamp();
        }
    }

    private void Apply(IPAddress[] addresses)
    {
        lock (_lock)
        {
            var before = _servers;
            if (addresses.Length == 0 && before is [{ Address: not null }, ..])
            {
                return;
            }

            var isOneOfSeveral = addresses.Length > 1;
            var wanted = addresses.Length == 0 ? new IPAddress?[] { null } : addresses;
            _servers = [.. wanted.Distinct().Select(address => before.FirstOrDefault(server => Equals(server.Address, address)) ?? Make(address, isOneOfSeveral))];
        }
    }

    private NamerdServer Make(IPAddress? address, bool isOneOfSeveral) => new(_options, _baseAddress, address, isOneOfSeveral, _tls, _wrap);
}
