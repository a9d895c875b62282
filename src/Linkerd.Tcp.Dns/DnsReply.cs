namespace Linkerd.Tcp.Dns;

/// <summary>An answer, or the absence of one. Immutable.</summary>
/// <param name="Status">The status.</param>
/// <param name="Answers">The records of the queried kind.</param>
/// <param name="Additional">Addresses that the server added.</param>
/// <param name="Ttl">The time for which it is valid; of a negative answer according to RFC 2308, null if it has none.</param>
/// <param name="Error">The reason of a failure.</param>
internal sealed record DnsReply(
    DnsStatus Status, IReadOnlyList<DnsRecord> Answers, IReadOnlyList<DnsRecord> Additional, TimeSpan? Ttl = null, string? Error = null)
{
    public static DnsReply Negative(TimeSpan? ttl) => new(DnsStatus.Negative, [], [], ttl);

    public static DnsReply Failed(DnsStatus status, string error) => new(status, [], [], null, error);
}
