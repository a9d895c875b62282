namespace Linkerd.Tcp;

/// <summary>An algorithm that keeps endpoints in order of their load.</summary>
internal interface ILoadObserver
{
    /// <summary>A lease was given back. Any thread; must not block for long, and must not throw.</summary>
    void OnReleased(Endpoint endpoint);
}
