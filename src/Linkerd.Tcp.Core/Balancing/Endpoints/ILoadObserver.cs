namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>An algorithm that keeps endpoints in order of their load.</summary>
internal interface ILoadObserver
{
    /// <summary>
    /// Called when the load of an endpoint has changed, by a release or by a pick elsewhere. Any thread; must not block for long, and must not throw.
    /// May come late, or without a change: the current load of the endpoint counts.
    /// </summary>
    /// <param name="index">The observer's number of the endpoint.</param>
    void OnLoadChanged(int index);
}
