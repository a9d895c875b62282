using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>Who is asked, and how.</summary>
/// <param name="Addresses">The name servers, in order.</param>
/// <param name="Timeout">The time for one try at one server.</param>
/// <param name="Attempts">How often a server that is silent is tried.</param>
/// <param name="Rotate">Whether each question begins with another server.</param>
internal sealed record DnsServers(IReadOnlyList<IPEndPoint> Addresses, TimeSpan Timeout, int Attempts = 2, bool Rotate = false);
