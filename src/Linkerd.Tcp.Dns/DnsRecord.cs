using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>A record of an answer.</summary>
/// <param name="Name">The owner of the record, without the dot at the end.</param>
/// <param name="Ttl">The time for which it is valid.</param>
/// <param name="Address">The address of an A or AAAA record.</param>
/// <param name="Service">The service of an SRV record.</param>
/// <param name="Alias">The canonical name of a CNAME record.</param>
/// <param name="NegativeTtl">The time for which a negative answer is valid, of a SOA record.</param>
internal sealed record DnsRecord(
    string Name, TimeSpan Ttl, IPAddress? Address = null, DnsService? Service = null, string? Alias = null, TimeSpan? NegativeTtl = null);
