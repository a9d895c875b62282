using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>Somebody who wants a server connection, and stays until it is there.</summary>
internal sealed class TestRequester(TransportExecutor executor) : IRequester
{
    public TransportExecutor Executor => executor;

    public bool IsGone => false;

    public bool HasInput => false;

    public bool TakesPreconnects => true;

    public IClientContext? Client => null;

    /// <summary>Establishes a connection; done on the requester's executor.</summary>
    public static async Task<Establishment> EstablishAsync(
        Dialer dialer,
        Destination destination,
        ConnectOptions? policy = null,
        TransportExecutor? executor = null,
        long deadline = Establishment.NoDeadline,
        TimeProvider? time = null,
        CancellationToken cancellationToken = default)
    {
        executor ??= new ThreadPoolExecutor(TimeProvider.System);
        var establishment = new Establishment(dialer, RandomSource.Seeded(1), time ?? TimeProvider.System);
        destination.Budget.OnSession();
        await establishment.RunAsync(destination, policy ?? new ConnectOptions(), new TestRequester(executor), deadline, cancellationToken);
        await executor.Resume();
        return establishment;
    }
}
