using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Connections;

namespace Linkerd.Tcp.Routing;

/// <summary>Represents a validated change of a destination's options; every step that may fail is done. For use while <see cref="DestinationServices.Configuring"/> is held.</summary>
internal sealed class DestinationChange
{
    private const string Factory = nameof(DestinationOptions.BalancerFactory);

    private readonly Destination _destination;

    private DestinationChange(Destination destination, DestinationOptions options, ILoadBalancer? balancer, TlsConnector? tls) =>
        (_destination, Options, Balancer, Tls) = (destination, options, balancer, tls);

    /// <summary>Gets the options, a private copy.</summary>
    public DestinationOptions Options { get; }

    /// <summary>Gets the load balancer that replaces the current one, with the same endpoints; null if the current one stays.</summary>
    public ILoadBalancer? Balancer { get; }

    /// <summary>Gets the TLS handshakes; null if there are none.</summary>
    public TlsConnector? Tls { get; }

    /// <summary>Prepares a change.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="options">The options, which are copied.</param>
    /// <param name="validator">Collects all errors.</param>
    /// <returns>The change; null if an option is not valid.</returns>
    public static DestinationChange? Prepare(Destination destination, DestinationOptions options, OptionsValidator validator)
    {
        var before = validator.ErrorCount;
        var copy = options.Copy();
        destination.Services.Validate(copy, validator);
        var isOwn = copy.BalancerFactory is null && destination.Options.BalancerFactory is null;
        if (isOwn && copy.Balancing?.TimeProvider is { } clock && destination.Balancer is LoadBalancer own && own.TimeProvider != clock)
        {
            // The breakers, slow starts and latencies of endpoints that stay have timestamps of this clock.
            validator.Add("The clock that the load balancer was made with was expected.", $"{nameof(DestinationOptions.Balancing)}.{nameof(BalancerOptions.TimeProvider)}");
        }

        if (validator.ErrorCount != before)
        {
            return null;
        }

        TlsConnector? tls = null;
        try
        {
            tls = destination.Setup.MakeTls(copy);
        }
        catch (InvalidOptionsException invalid)
        {
            foreach (var error in invalid.Errors)
            {
                validator.Add(error.Message, error.Path);
            }

            return null;
        }

        var balancer = isOwn || Equals(copy.BalancerFactory, destination.Options.BalancerFactory) ? null : TryMake(destination, copy, validator);
        if (validator.ErrorCount == before)
        {
            return new DestinationChange(destination, copy, balancer, tls);
        }

        tls?.Dispose();
        return null;
    }

    /// <summary>Applies the change.</summary>
    public void Apply() => _destination.Take(this);

    /// <summary>Releases the resources of a change that is not applied.</summary>
    public void Discard()
    {
        Tls?.Dispose();
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
            made = DestinationBalancer.Make(options, destination.Name, destination.Services);
            made.Update(destination.EndpointSet);
            return made;
        }
        catch (Exception error)
        {
            // The factory or the balancer may be user code.
            if (made is not null)
            {
                DestinationBalancer.Release(made);
            }

            validator.Add(error is InvalidOperationException ? error.Message : $"It threw {error.GetType().Name}: {error.Message}", Factory);
            return null;
        }
    }
}
