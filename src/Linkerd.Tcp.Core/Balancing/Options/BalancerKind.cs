namespace Linkerd.Tcp.Balancing;

/// <summary>Specifies an algorithm of <see cref="LoadBalancers"/>.</summary>
public enum BalancerKind
{
    /// <summary>
    /// Power of two choices, the default: two candidates are drawn in proportion to their weights; the one that is better by a whole connection wins (load per weight, connections
    /// being established count), otherwise the one that was picked less often per weight. Shares follow the weights at any load, and the cost of a pick does not depend on the
    /// number of endpoints.
    /// After M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (1996).
    /// </summary>
    P2c,

    /// <summary>
    /// Power of two choices over the latency of connecting: candidates as for <see cref="P2c"/>; the one with the lower peak EWMA of connect latency times
    /// (pending + 1) wins if they differ by more than a quarter, otherwise as for <see cref="P2c"/>. Less than 1 ms counts as 1 ms: below that it is noise.
    /// </summary>
    PeakEwma,

    /// <summary>
    /// Least connections, exactly: of all endpoints with the least load per weight, within a whole connection (connections being established count), the one with the fewest picks
    /// per weight. Spreads load better than <see cref="P2c"/> if this proxy is the only one in front of its endpoints; if there are several, each sends the next sessions to the same
    /// endpoint, and p2c is to be preferred. An endpoint that joins gets every session until it has as many as the others; slow start bounds that.
    /// A pick and a release cost a logarithm of the number of endpoints each, under a lock of the group.
    /// </summary>
    LeastConnections,

    /// <summary>
    /// Weighted round robin: each endpoint in turn, in proportion to its weight and as evenly as possible, at any load. Starts at a random place, so that proxies that start together
    /// do not pick the same endpoints together. An endpoint that cannot be picked in its turn loses it.
    /// Earliest deadline first: a pick costs a logarithm of the number of endpoints, under a lock of the group.
    /// </summary>
    RoundRobin,

    /// <summary>At random in proportion to weights, at any load. The cost of a pick does not depend on the number of endpoints.</summary>
    Random,

    /// <summary>
    /// Consistent hashing: sessions of one client go to one endpoint, by <see cref="PickContext.Hash"/> or else by the client's address without its port; at random if neither is
    /// known. When an endpoint leaves, or cannot serve, its clients move and hardly any others do; every proxy has the same result. This holds for any number of sessions of a
    /// client and at any load, unless <see cref="BalancerOptions.HashBalanceFactor"/> bounds it. In a split each session draws its branch first, at random. Shares follow the weights
    /// if there are many clients.
    /// Maglev (Eisenbud and others, NSDI 2016), if asked for with bounded loads (arXiv 1608.01350). The table has at least 100 entries per endpoint (from 128 KiB per group), and is
    /// made when the set is updated. The connection makes the client's address, once per session.
    /// </summary>
    Maglev,
}
