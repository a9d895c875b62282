using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Http;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Watching;
using Linkerd.Tcp.Naming;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>Binds names and finds addresses through namerd's HTTP interface, in one of the modes. Equal requests share one session. Any thread.</summary>
internal sealed class NamerdInterpreter : IInterpreter
{
    private readonly NamerdOptions _options;
    private readonly NamerdServers _servers;
    private readonly ILogger _logger;
    private readonly SharedSessions<NameBinding> _bindings;
    private readonly SharedSessions<Resolution> _leaves;

    public NamerdInterpreter(NamerdOptions options, NamerdServers servers, ILogger logger)
    {
        (_options, _servers, _logger) = (options, servers, logger);
        var addresses = options.Mode == NamerdMode.Resolve ? AddressWatchKind.Resolve : AddressWatchKind.Addr;
        _bindings = new SharedSessions<NameBinding>(
            BindWatchKind.Instance, options.TimeProvider, (name, cell, stopped) => RunAsync(BindWatchKind.Instance, name, cell, OfferSnapshots, stopped));
        _leaves = new SharedSessions<Resolution>(
            addresses, options.TimeProvider, (id, cell, stopped) => RunAsync(addresses, id, cell, seen: null, stopped));
    }

    public IAsyncEnumerable<NameBinding> BindAsync(DstPath name, CancellationToken cancellationToken) =>
        _options.Mode == NamerdMode.Resolve ? BindToItself(name) : _bindings.WatchAsync(name, cancellationToken);

    public IAsyncEnumerable<Resolution> ResolveIdAsync(DstPath id, CancellationToken cancellationToken) => _leaves.WatchAsync(id, cancellationToken);

    // In this mode namerd decides what a name is bound to, and the name itself is requested.
    private static IAsyncEnumerable<NameBinding> BindToItself(DstPath name) =>
        new NameBinding[] { new NameBinding.Bound(new BoundTree.Leaf(name, DstPath.Root)) }.ToAsyncEnumerable();

    private Task RunAsync<TState>(
        WatchKind<TState> kind, DstPath name, LatestValue<TState> cell, Action<NamerdDocument<TState>>? seen, CancellationToken stopped)
        where TState : class
    {
        var request = new NamerdRequest(_options, kind.Endpoint, name);
        if (_options.BaseAddresses.Select(address => request.TooLong(NamerdRequest.BasePath(address))).FirstOrDefault(problem => problem is not null) is { } tooLong)
        {
            // Nothing that namerd does can change that.
            cell.Put(kind.Failed(tooLong));
            return Task.CompletedTask;
        }

        var report = new NameReport<TState>(kind, name, _servers.Outages, _options, _logger, cell, seen);
        var setup = new NameSetup<TState>(kind, new NamerdClient(_options, request), _servers, _options, report);
        return RunAsync(new NameSession<TState>(setup), stopped);
    }

    private async Task RunAsync<TState>(NameSession<TState> session, CancellationToken stopped)
        where TState : class
    {
        _servers.CountSession(1);
        try
        {
            await session.RunAsync(stopped).ConfigureAwait(false);
        }
        finally
        {
            _servers.CountSession(-1);
        }
    }

    // The addresses that come with a tree are those of the moment at which namerd printed it: good for a first pick, a round trip before the answer to the
    // leaf's own request. An empty set or a failure is left to that answer.
    private void OfferSnapshots(NamerdDocument<NameBinding> document)
    {
        foreach (var snapshot in ((BindDocument)document).Snapshots)
        {
            if (snapshot.Addresses is Resolution.Bound { Endpoints.IsEmpty: false })
            {
                _leaves.Offer(snapshot.Id, snapshot.Addresses);
            }
        }
    }
}
