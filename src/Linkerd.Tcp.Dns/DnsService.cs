namespace Linkerd.Tcp.Dns;

/// <summary>The data of an SRV record.</summary>
/// <param name="Priority">Lower ones come first.</param>
/// <param name="Weight">The share among equal priorities.</param>
/// <param name="Port">The port.</param>
/// <param name="Target">The host, without the dot at the end; empty if the service is decidedly not available.</param>
internal sealed record DnsService(int Priority, int Weight, int Port, string Target);
