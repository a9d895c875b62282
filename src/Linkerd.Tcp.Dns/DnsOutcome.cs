namespace Linkerd.Tcp.Dns;

/// <summary>What a round of asking gave.</summary>
/// <param name="State">Bound, negative or failed.</param>
/// <param name="Ttl">When to ask again, where it did not fail.</param>
internal sealed record DnsOutcome(Resolution State, TimeSpan Ttl);
