using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>Connects to nothing: a function says what becomes of each attempt.</summary>
internal sealed class ScriptedTransport(Func<EndPoint, TransportConnectOptions, CancellationToken, ValueTask<ConnectResult>> connect) : ITransport
{
    public List<(EndPoint To, TransportConnectOptions Options)> Attempts { get; } = [];

    public string Name => "scripted";

    public ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
    {
        Attempts.Add((to, options));
        return connect(to, options, cancellationToken);
    }

    public ValueTask DisposeAsync() => default;
}
