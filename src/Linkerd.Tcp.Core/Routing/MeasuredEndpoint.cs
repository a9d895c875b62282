using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Diagnostics;

namespace Linkerd.Tcp.Routing;

/// <summary>Represents an endpoint that has series of its own, with their tags. Used under the lock of <see cref="MeasuredEndpoints"/>.</summary>
internal sealed class MeasuredEndpoint(DstPath name, ServerEndpoint endpoint)
{
    private long _fromServer;
    private long _toServer;
    private long _openFromServer;
    private long _openToServer;

    public ServerEndpoint Endpoint => endpoint;

    /// <summary>Gets the tags of each series.</summary>
    public KeyValuePair<string, object?>[] Tags { get; } =
        [new(InstrumentNames.Destination, name.ToString()), new(InstrumentNames.Endpoint, endpoint.Address.ToString())];

    /// <summary>Gets the bytes of both directions.</summary>
    public (long FromServer, long ToServer) Bytes => (_fromServer, _toServer);

    /// <summary>Reads the bytes of the sessions that have ended. The open ones follow, so that a session that ends meanwhile is missing at most, and never counted twice.</summary>
    public void BeginBytes() => (_openFromServer, _openToServer) = (endpoint.History.FromServer, endpoint.History.ToServer);

    /// <summary>Adds an open session.</summary>
    public void AddBytes(long fromServer, long toServer)
    {
        _openFromServer += fromServer;
        _openToServer += toServer;
    }

    /// <summary>Takes what was counted, unless a session is missing: a counter never goes back.</summary>
    public void EndBytes() => (_fromServer, _toServer) = (Math.Max(_fromServer, _openFromServer), Math.Max(_toServer, _openToServer));
}
