using System.Net;

namespace Linkerd.Tcp;

/// <summary>An address that a proxy listens on, and the name that its sessions go to.</summary>
/// <param name="EndPoint">The local address; port 0 means any free port.</param>
/// <param name="Destination">The name.</param>
public sealed record ProxyListener(EndPoint EndPoint, DstPath Destination);
