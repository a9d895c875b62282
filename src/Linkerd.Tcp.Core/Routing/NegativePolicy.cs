namespace Linkerd.Tcp.Routing;

/// <summary>What a destination does when its name is said not to exist.</summary>
public enum NegativePolicy
{
    /// <summary>
    /// Keeps the last endpoints, as linkerd-tcp does: namerd also says "negative" when it was just restarted and its own source does not
    /// answer yet. The default for names that namerd binds.
    /// </summary>
    Keep,

    /// <summary>Drops the endpoints, as Finagle does. The default for names that are bound locally, where "negative" means what it says.</summary>
    Clear,
}
