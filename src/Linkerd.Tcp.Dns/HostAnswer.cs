using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>What is known of a host.</summary>
/// <param name="Status">Found, negative, or why it could not be told.</param>
/// <param name="Addresses">Its addresses; the last known ones where it could not be told.</param>
/// <param name="Ttl">How long that is good; zero where it could not be told.</param>
/// <param name="Error">Why it could not be told.</param>
internal sealed record HostAnswer(DnsStatus Status, IReadOnlyList<IPAddress> Addresses, TimeSpan Ttl, string? Error = null);
