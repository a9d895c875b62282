namespace Linkerd.Tcp.Routing;

/// <summary>Specifies what a destination does when its name does not exist.</summary>
public enum NegativePolicy
{
    /// <summary>
    /// Keeps the last endpoints, as linkerd-tcp does: namerd also answers "negative" when it was just restarted and its own source does not
    /// answer yet. The default for names that namerd binds.
    /// </summary>
    Keep,

    /// <summary>Drops the endpoints, as Finagle does. The default for names that are bound locally, for which "negative" is reliable.</summary>
    Clear,
}
