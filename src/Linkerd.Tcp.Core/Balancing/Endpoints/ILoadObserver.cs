namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>An algorithm that keeps endpoints in order of their load.</summary>
internal interface ILoadObserver
{
    /// <summary>
    /// The load of an endpoint has changed, by a release or by a pick of somebody else. Any thread; must not block for long, and must not throw.
    /// May come late, or for nothing: what counts is what the endpoint says now.
    /// </summary>
    /// <param name="index">What the observer calls the endpoint.</param>
    void OnLoadChanged(int index);
}
