using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Routing;

/// <summary>Options that a destination is to take: validated, and with everything made that may fail. While <see cref="DestinationServices.Configuring"/> is held.</summary>
internal sealed class DestinationChange
{
    private const string Factory = nameof(DestinationOptions.BalancerFactory);

    private readonly Destination _destination;

    private DestinationChange(Destination destination, DestinationOptions options, ILoadBalancer? balancer) => (_destination, Options, Balancer) = (destination, options, balancer);

    /// <summary>Gets the options, which nobody else has.</summary>
    public DestinationOptions Options { get; }

    /// <summary>Gets the load balancer that takes the place of the one in use, with the same endpoints; null if that one stays.</summary>
    public ILoadBalancer? Balancer { get; }

    /// <summary>Prepares a change.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="options">The options, which are copied.</param>
    /// <param name="validator">Collects everything that is wrong.</param>
    /// <returns>The change; null if anything is wrong.</returns>
    public static DestinationChange? Prepare(Destination destination, DestinationOptions options, OptionsValidator validator)
    {
        var before = validator.ErrorCount;
        var copy = options.Copy();
        copy.Validate(validator);
        var isOwn = copy.BalancerFactory is null && destination.Options.BalancerFactory is null;
        if (isOwn && copy.Balancing?.TimeProvider is { } clock && destination.Balancer is LoadBalancer own && own.TimeProvider != clock)
        {
            // Breakers, slow start and latencies of the endpoints that stay are timestamps of it.
            validator.Add("The clock that the load balancer was made with was expected.", $"{nameof(DestinationOptions.Balancing)}.{nameof(BalancerOptions.TimeProvider)}");
        }

        if (validator.ErrorCount != before)
        {
            return null;
        }

        var balancer = isOwn || Equals(copy.BalancerFactory, destination.Options.BalancerFactory) ? null : TryMake(destination, copy, validator);
        return validator.ErrorCount == before ? new DestinationChange(destination, copy, balancer) : null;
    }

    /// <summary>Makes the change.</summary>
    public void Apply() => _destination.Take(this);

    /// <summary>Gives up what was made for the change, which will not be made.</summary>
    public void Discard()
    {
        if (Balancer is not null)
        {
            DestinationBalancer.Release(Balancer);
        }
    }

    private static ILoadBalancer? TryMake(Destination destination, DestinationOptions options, OptionsValidator validator)
    {
        ILoadBalancer? made = null;
        try
        {
            made = DestinationBalancer.Make(options, destination.Name, destination.TimeProvider);
            made.Update(destination.EndpointSet);
            return made;
        }
        catch (Exception error)
        {
            // Somebody else's factory, or balancer.
            if (made is not null)
            {
                DestinationBalancer.Release(made);
            }

            validator.Add(error is InvalidOperationException ? error.Message : $"It threw {error.GetType().Name}: {error.Message}", Factory);
            return null;
        }
    }
}
