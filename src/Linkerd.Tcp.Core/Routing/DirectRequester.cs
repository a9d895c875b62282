using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Routing;

/// <summary>A caller of <see cref="Destination.ConnectAsync"/>: nobody but its token says that it is gone.</summary>
internal sealed class DirectRequester(TransportExecutor executor) : IRequester
{
    public TransportExecutor Executor => executor;

    public bool IsGone => false;

    public bool HasInput => false;

    // Preconnects are the proxy's, and may live on an event loop, where no code of a caller's may run.
    public bool TakesPreconnects => false;

    public IClientContext? Client => null;
}
