using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace Linkerd.Tcp;

/// <summary>What all sessions of a proxy share.</summary>
internal sealed record SessionServices(
    TcpProxyOptions Options,
    Connector Connector,
    DuplexProxy Duplex,
    SessionList Sessions,
    LeavingSessions Leaving,
    SessionInstruments Instruments,
    ILogger ProxyLogger,
    ILogger Logger,
    TimeProvider TimeProvider)
{
    public RepeatFilter UnservedFilter { get; } = new(TimeProvider);

    /// <summary>What cancels the search for a server connection, for the sessions that are searching.</summary>
    public ObjectPool<CancellationTokenSource> Establishing { get; } = new DefaultObjectPool<CancellationTokenSource>(new CancellationPolicy(), maximumRetained: 1024);

    private sealed class CancellationPolicy : PooledObjectPolicy<CancellationTokenSource>
    {
        public override CancellationTokenSource Create() => new();

        public override bool Return(CancellationTokenSource obj) => obj.TryReset();
    }
}
