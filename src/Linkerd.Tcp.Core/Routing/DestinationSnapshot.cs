using System.Collections.Immutable;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Routing;

/// <summary>One destination at one moment, for introspection.</summary>
public sealed record DestinationSnapshot
{
    /// <summary>Its name.</summary>
    public required DstPath Name { get; init; }

    /// <summary>What its resolver said last.</summary>
    public required Resolution Resolution { get; init; }

    /// <summary>For how long its endpoints have been kept without a good answer.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>Whether its endpoints were remembered from an earlier run, and nothing has confirmed them yet.</summary>
    public required bool IsStale { get; init; }

    /// <summary>Good answers of its resolver, in total.</summary>
    public required long Updates { get; init; }

    /// <summary>Answers against which the endpoints were kept, in total.</summary>
    public required long Failures { get; init; }

    /// <summary>Sessions that wait for a resolution or a free place now.</summary>
    public required int WaitingSessions { get; init; }

    /// <summary>Sessions that have waited, in total.</summary>
    public required long SessionsWaited { get; init; }

    /// <summary>Retries that may be made at this moment.</summary>
    public required double RetriesLeft { get; init; }

    /// <summary>Connections that are made ahead and ready now.</summary>
    public required int WarmConnections { get; init; }

    /// <summary>Its endpoints, in the order of the set.</summary>
    public required ImmutableArray<ServerEndpointSnapshot> Endpoints { get; init; }
}
