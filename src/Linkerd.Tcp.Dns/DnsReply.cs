namespace Linkerd.Tcp.Dns;

/// <summary>An answer, or that there was none. Immutable.</summary>
/// <param name="Status">What it says.</param>
/// <param name="Answers">The records of the kind that was asked for.</param>
/// <param name="Additional">Addresses that the server added unasked.</param>
/// <param name="Ttl">How long it is good; of a negative answer as RFC 2308 has it, null where it does not say.</param>
/// <param name="Error">Why it failed.</param>
internal sealed record DnsReply(
    DnsStatus Status, IReadOnlyList<DnsRecord> Answers, IReadOnlyList<DnsRecord> Additional, TimeSpan? Ttl = null, string? Error = null)
{
    public static DnsReply Negative(TimeSpan? ttl) => new(DnsStatus.Negative, [], [], ttl);

    public static DnsReply Failed(DnsStatus status, string error) => new(status, [], [], null, error);
}
