using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Routing;

/// <summary>A caller of <see cref="Destination.ConnectAsync"/>: only its token shows that it is gone.</summary>
internal sealed class DirectRequester(TransportExecutor executor) : IRequester
{
    public TransportExecutor Executor => executor;

    public bool IsGone => false;

    public bool HasInput => false;

    // Preconnects belong to the proxy, and may live on an event loop, where no code of a caller may run.
    public bool TakesPreconnects => false;

    public IClientContext? Client => null;
}
