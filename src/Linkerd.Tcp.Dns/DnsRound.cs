namespace Linkerd.Tcp.Dns;

/// <summary>The answers to a name along the search list: those of the first full name that has any record, otherwise the end of the search.</summary>
/// <param name="Status">The status of all together.</param>
/// <param name="Name">The full name of the answers, if any was found.</param>
/// <param name="Replies">One for each queried kind; none if nothing was found.</param>
/// <param name="Ttl">The time for which a negative answer is valid; null if it has none.</param>
/// <param name="Error">The reason of a failure.</param>
internal sealed record DnsRound(DnsStatus Status, string Name, IReadOnlyList<DnsReply> Replies, TimeSpan? Ttl, string? Error);
