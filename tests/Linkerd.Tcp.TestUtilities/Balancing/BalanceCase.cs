namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>Something that happens to the endpoints of a destination while sessions arrive, and what the balancer promises meanwhile.</summary>
public sealed record BalanceCase
{
    /// <summary>For tables, files and filters.</summary>
    public required string Name { get; init; }

    /// <summary>What happens, for people.</summary>
    public required string Title { get; init; }

    /// <summary>The weights of the servers that there are.</summary>
    public required IReadOnlyList<double> Weights { get; init; }

    /// <summary>How many of them, from the first, are in the set when it begins; null: all.</summary>
    public int? InSet { get; init; }

    /// <summary>How many of the servers, from the first, have IPv6 addresses.</summary>
    public int IPv6 { get; init; }

    /// <summary>The host that all addresses were looked up for; null: they were given as such.</summary>
    public string? Host { get; init; }

    /// <summary>For how long sessions arrive, in virtual time.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>As <see cref="DestinationOptions.MaxPendingSessions"/>.</summary>
    public int MaxWaiters { get; init; } = 1000;

    /// <summary>What happens; runs in virtual time beside the arrivals.</summary>
    public Func<BalanceWorld, Task> Script { get; init; } = static _ => Task.CompletedTask;

    /// <summary>What is promised under a load.</summary>
    public required Func<BalanceLoad, IReadOnlyList<BalanceBound>> Bounds { get; init; }

    public override string ToString() => Name;
}
