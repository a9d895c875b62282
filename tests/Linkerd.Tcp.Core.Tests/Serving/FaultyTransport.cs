using System.Net;
using Linkerd.Tcp.Tests.Proxying;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Somebody else's engine, whose connections throw at one of their members: those of clients, or those to servers.</summary>
internal sealed class FaultyTransport(ITransport inner, string fault, bool isClient) : ITransport
{
    public bool IsFaulty { get; set; }

    public bool ListenersThrow { get; init; }

    private bool IsOfClients => isClient;

    public List<FaultyConnection> Connections { get; } = [];

    public string Name => "faulty";

    public async ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken) =>
        new Listener(await inner.ListenAsync(options, cancellationToken), this);

    public async ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
    {
        var result = await inner.ConnectAsync(to, options, cancellationToken).ConfigureAwait(false);
        return result.IsConnected ? ConnectResult.Connected(Wrap(result.Connection, !isClient)) : result;
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private FaultyConnection Wrap(TransportConnection connection, bool isFaulty)
    {
        var wrapped = new FaultyConnection(connection, IsFaulty && isFaulty ? fault : "none");
        Connections.Add(wrapped);
        return wrapped;
    }

    private sealed class Listener(ITransportListener inner, FaultyTransport transport) : ITransportListener, IConnectionHandler
    {
        private IConnectionHandler? _handler;

        public EndPoint LocalEndPoint => inner.LocalEndPoint;

        public void Start(IConnectionHandler handler)
        {
            _handler = handler;
            inner.Start(this);
        }

        public void OnAccepted(TransportConnection connection) => _handler!.OnAccepted(transport.Wrap(connection, transport.IsOfClients));

        public void OnAcceptFailed(TransportException error, TimeSpan retryAfter) => _handler!.OnAcceptFailed(error, retryAfter);

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            if (transport.ListenersThrow)
            {
                throw new NotSupportedException("The listener has a bug.");
            }
        }
    }
}
