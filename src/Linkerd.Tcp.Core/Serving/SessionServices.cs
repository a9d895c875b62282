using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

/// <summary>What all sessions of a proxy share.</summary>
internal sealed record SessionServices(
    TcpProxyOptions Options,
    Connector Connector,
    DuplexProxy Duplex,
    SessionList Sessions,
    SessionInstruments Instruments,
    ConnectionLimit Limit,
    ILogger Logger,
    TimeProvider TimeProvider)
{
    public RepeatFilter UnservedFilter { get; } = new(TimeProvider);
}
