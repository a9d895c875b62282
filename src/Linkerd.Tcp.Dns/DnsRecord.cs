using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>A record of an answer.</summary>
/// <param name="Name">Whose record it is, without the dot at the end.</param>
/// <param name="Ttl">How long it is good.</param>
/// <param name="Address">The address, where it is one of A or AAAA.</param>
/// <param name="Service">The service, where it is one of SRV.</param>
/// <param name="Alias">The name that its owner stands for, where it is one of CNAME.</param>
/// <param name="NegativeTtl">How long a negative answer is good, where it is one of SOA.</param>
internal sealed record DnsRecord(
    string Name, TimeSpan Ttl, IPAddress? Address = null, DnsService? Service = null, string? Alias = null, TimeSpan? NegativeTtl = null);
