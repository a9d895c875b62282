namespace Linkerd.Tcp;

/// <summary>Observes the attempts to connect to the endpoints of one destination. Any thread; must neither block nor throw.</summary>
internal interface IDialObserver
{
    /// <summary>An attempt has succeeded.</summary>
    void OnConnected(Endpoint endpoint);

    /// <summary>An attempt has failed, and the endpoint is to blame.</summary>
    void OnConnectFailed(Endpoint endpoint, string detail, ConnectPolicy policy);
}
