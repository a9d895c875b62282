namespace Linkerd.Tcp.Dns;

/// <summary>The answers to a name along the search list: those of the first full name that has any record, else how the search ended.</summary>
/// <param name="Status">What they say together.</param>
/// <param name="Name">The full name that they are of, where something was found.</param>
/// <param name="Replies">One for each kind that was asked for; none where nothing was found.</param>
/// <param name="Ttl">How long a negative answer is good; null where that is not said.</param>
/// <param name="Error">Why it failed.</param>
internal sealed record DnsRound(DnsStatus Status, string Name, IReadOnlyList<DnsReply> Replies, TimeSpan? Ttl, string? Error);
