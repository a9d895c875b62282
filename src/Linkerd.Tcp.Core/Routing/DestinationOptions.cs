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

    /// <summary>How sessions get their server connections; null, the default: as the proxy's options say.</summary>
    public ConnectPolicy? Connect { get; init; }

    /// <summary>The most sessions that wait, for the first resolution or for a free place at an endpoint. Default: 1000. One more is refused at once.</summary>
    public int MaxWaiters { get; init; } = 1000;

    /// <summary>
    /// What happens to a session whose name is resolved, to no endpoint at all. False, the default: it ends at once (<see cref="Refusal.NoEndpoint"/>). True: it
    /// waits for one, as it does for the first resolution.
    /// </summary>
    public bool WaitForEndpoints { get; init; }

    /// <exception cref="ArgumentException">A value is out of range; the message says which and what was expected.</exception>
    internal void Check()
    {
        if (MaxWaiters < 0)
        {
            throw new ArgumentException($"{nameof(MaxWaiters)}: 0 or more was expected.");
        }

        Connect?.Check();
    }
}
