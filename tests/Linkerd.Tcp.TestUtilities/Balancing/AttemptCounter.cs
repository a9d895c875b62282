using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>Tells of each attempt to connect, and makes it.</summary>
internal sealed class AttemptCounter(ITransport transport, BalanceWorld world) : ITransport
{
    public string Name => transport.Name;

    public ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken) => transport.ListenAsync(options, cancellationToken);

    public async ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
    {
        var (server, client) = (((ServerAddress)to).Index, (BalanceClient)options.Executor!);
        var mayBeFree = world.OnAttempt(server, client);
        var result = await transport.ConnectAsync(to, options, cancellationToken).ConfigureAwait(false);
        client.IsNextFree = mayBeFree && result.Failure == ConnectFailure.Refused;
        return result;
    }

    public ValueTask DisposeAsync() => transport.DisposeAsync();
}
