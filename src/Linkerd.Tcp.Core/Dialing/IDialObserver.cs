using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Dialing;

/// <summary>Observes the attempts to connect to the endpoints of one destination. Any thread; must neither block nor throw.</summary>
internal interface IDialObserver
{
    /// <summary>Called when an attempt has succeeded.</summary>
    void OnConnected(ServerEndpoint endpoint);

    /// <summary>Called when an attempt has failed, and the endpoint is to blame.</summary>
    void OnConnectFailed(ServerEndpoint endpoint, string detail, ConnectOptions policy, TimeSpan connectTimeout);
}
