namespace Linkerd.Tcp.Dns;

/// <summary>The types of records that are read or queried, by their numbers.</summary>
internal enum DnsType
{
    A = 1,
    Cname = 5,
    Soa = 6,
    Aaaa = 28,
    Srv = 33,

    /// <summary>A pseudo-record for data that does not fit into the header (RFC 6891).</summary>
    Opt = 41,
}
