namespace Linkerd.Tcp;

/// <summary>What a <see cref="Destination"/> is made of.</summary>
public sealed record DestinationOptions
{
    /// <summary>What resolves the name. Not disposed by the destination; several may share it.</summary>
    public required IResolver Resolver { get; init; }

    /// <summary>What picks the endpoint of each session: an instance of its own. Default: weighted power of two choices.</summary>
    public ILoadBalancer Balancer { get; init; } = LoadBalancers.P2c();

    /// <summary>What to do when the name does not exist. Default: <see cref="NegativePolicy.Keep"/>.</summary>
    public NegativePolicy OnNegative { get; init; } = NegativePolicy.Keep;

    /// <summary>The most sessions to the name at once, whatever listener they come from; a client beyond it is reset at once. Null, the default: no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int? MaxSessions
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(MaxSessions), value, $"{nameof(MaxSessions)}: 1 or more was expected.");
    }
}
