using System.Net;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>Tells of each attempt to connect, and makes it.</summary>
internal sealed class AttemptCounter(ITransport transport, BalanceWorld world) : ITransport
{
    public string Name => transport.Name;

    public ValueTask<ITransportListener> ListenAsync(ListenOptions options, CancellationToken cancellationToken) => transport.ListenAsync(options, cancellationToken);

    public ValueTask<ConnectResult> ConnectAsync(EndPoint to, ConnectOptions options, CancellationToken cancellationToken)
    {
        world.OnAttempt(((ServerAddress)to).Index, (BalanceClient)options.Near!);
        return transport.ConnectAsync(to, options, cancellationToken);
    }

    public ValueTask DisposeAsync() => transport.DisposeAsync();
}
