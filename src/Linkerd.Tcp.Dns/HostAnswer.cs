using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>The result of a lookup of a host.</summary>
/// <param name="Status">Found, negative, or the kind of the failure.</param>
/// <param name="Addresses">Its addresses; the last known ones if the lookup failed.</param>
/// <param name="Ttl">The time for which they are valid; zero if the lookup failed.</param>
/// <param name="Error">The reason of the failure.</param>
internal sealed record HostAnswer(DnsStatus Status, IReadOnlyList<IPAddress> Addresses, TimeSpan Ttl, string? Error = null);
