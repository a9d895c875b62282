using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>The name servers, and the options of queries.</summary>
/// <param name="Addresses">The name servers, in order.</param>
/// <param name="Timeout">The time for one try at one server.</param>
/// <param name="Attempts">The number of tries at a server that is silent.</param>
/// <param name="Rotate">True if each query begins with another server.</param>
internal sealed record DnsServers(IReadOnlyList<IPEndPoint> Addresses, TimeSpan Timeout, int Attempts = 2, bool Rotate = false);
