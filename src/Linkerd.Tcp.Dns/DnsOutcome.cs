namespace Linkerd.Tcp.Dns;

/// <summary>The result of a round of queries.</summary>
/// <param name="State">Bound, negative or failed.</param>
/// <param name="Ttl">The time until the next round, if it did not fail.</param>
internal sealed record DnsOutcome(Resolution State, TimeSpan Ttl);
