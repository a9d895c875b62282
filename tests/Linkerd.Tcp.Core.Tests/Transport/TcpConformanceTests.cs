namespace Linkerd.Tcp.Tests.Transport;

/// <summary>What an engine for TCP must do besides: resets, acknowledgements, ports. Unix-domain sockets have none of them.</summary>
public abstract partial class TcpConformanceTests : TransportConformanceTests;
