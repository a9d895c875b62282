namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>Observes rare events of endpoints. Called under locks, on any thread: must neither block nor throw, nor call back.</summary>
internal interface IEndpointObserver
{
    /// <summary>Called when the causes for which an endpoint is ejected have changed.</summary>
    void OnEjection(ServerEndpoint endpoint, EjectionCause before, EjectionCause after);

    /// <summary>Called when an operator drains it, or discovery has removed it.</summary>
    void OnLeaving(ServerEndpoint endpoint);

    /// <summary>Called when a handler of <see cref="ILoadBalancer.Changed"/> threw.</summary>
    void OnHandlerThrew(Exception error);
}
