using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp;

/// <summary>
/// Represents a registry that maps names to destinations and resolves each name once for all users. Fixed names (<see cref="Get(DstPath)"/>) stay. Names that clients choose (<see cref="TryAcquire"/>) are
/// limited in number, and their destinations are evicted when they are idle (<see cref="DestinationRegistryOptions"/>). Any thread.
/// </summary>
public sealed class DestinationRegistry : IAsyncDisposable
{
    private readonly DestinationTable _destinations;
    private readonly DestinationServices _services;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<DstPath, ServedBy?, Destination> _make;
    private readonly Meter? _endpointMeter;
    private volatile Func<DstPath, DestinationOptions> _optionsFor;

    /// <summary>Initializes a registry that resolves all names with one resolver, balanced by weighted power of two choices.</summary>
    public DestinationRegistry(IResolver resolver, ILoggerFactory? loggerFactory = null)
        : this(_ => new DestinationOptions { Resolver = resolver }, loggerFactory)
    {
        ArgumentNullException.ThrowIfNull(resolver);
    }

    /// <summary>Initializes a registry.</summary>
    /// <param name="optionsFor">Gets the options of a name's destination, which are copied. Called once for each destination that is created, and again if it threw. Several names may share an instance.</param>
    /// <param name="loggerFactory">The factory of loggers. Default: nothing is logged.</param>
    /// <param name="meter">The meter of the destinations' instruments. Default: none.</param>
    /// <param name="timeProvider">The clock. Default: the system's.</param>
    /// <param name="random">The generator of jitter and of the picks of balancers, which is used under a lock on itself. Default: a fast one that all threads share.</param>
    /// <param name="transport">
    /// The transport of the checks (<see cref="DestinationOptions.Check"/>) and of <see cref="Destination.ConnectAsync"/>. The registry does not dispose it. Default:
    /// sockets, which is right except for a custom network. <see cref="Destination.ConnectAsync"/> also uses sockets if this is an
    /// <see cref="EpollTransport"/>, as code of a caller must not run on its loops. Options of TLS that need the OpenSSL provider need an <see cref="EpollTransport"/>
    /// here, and fail <see cref="Destination.ConnectAsync"/>.
    /// </param>
    /// <param name="options">The limits of the names that clients choose, which are copied. Default: those of <see cref="DestinationRegistryOptions"/>.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public DestinationRegistry(
        Func<DstPath, DestinationOptions> optionsFor,
        ILoggerFactory? loggerFactory = null,
        Meter? meter = null,
        TimeProvider? timeProvider = null,
        Random? random = null,
        ITransport? transport = null,
        DestinationRegistryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(optionsFor);
        var own = Validated(options ?? new());
        var clock = timeProvider ?? TimeProvider.System;
        _optionsFor = optionsFor;
        _make = Create;
        _services = new(transport, loggerFactory, meter, clock)
        {
            Registry = this,
            GivenRandom = random,
            Random = RandomSource.Of(random),
            Logger = GuardedLogger.Create(loggerFactory ?? NullLoggerFactory.Instance, "Linkerd.Tcp.Routing"),
            Certificates = new CertificateStore(new CertificateServices(
                clock, GuardedLogger.Create(loggerFactory ?? NullLoggerFactory.Instance, "Linkerd.Tcp.Security"), meter is null ? null : new CertificateInstruments(meter))),
            Tls = meter is null ? null : TlsInstruments.OfServers(meter),
            Stopping = _stopping.Token,
        };
        _destinations = new DestinationTable(own, clock, _services.Logger);
        Measured = new MeasuredEndpoints(this);
        if (meter is not null)
        {
            DestinationInstruments.Create(meter, this);
            _endpointMeter = EndpointInstruments.Create(meter, Measured);
        }
    }

    /// <summary>Gets the destinations that exist. A destination that a client named may be evicted at any time; a reference (<see cref="TryAcquire"/>) prevents that.</summary>
    public IEnumerable<Destination> Destinations => _destinations.Destinations;

    /// <summary>Gets the certificates and roots of the destinations that exist, of files that several have once.</summary>
    public IReadOnlyList<CertificateSnapshot> Certificates => _services.Certificates.Snapshot();

    /// <summary>Gets the table of destinations, for its metrics.</summary>
    internal DestinationTable Table => _destinations;

    /// <summary>Gets the endpoints that have metrics of their own.</summary>
    internal MeasuredEndpoints Measured { get; }

    /// <summary>
    /// Gets the destination of a fixed name, which is never evicted afterwards. The first call starts its watch. Use <see cref="TryAcquire"/> for a name that a client chose, as this
    /// method keeps every name for the lifetime of the registry.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The registry was disposed.</exception>
    /// <exception cref="InvalidOptionsException">An option of the destination is not valid; the next call asks for the options again.</exception>
    /// <exception cref="InvalidOperationException">There are no options for the name, or its load balancer already serves another name.</exception>
    public Destination Get(DstPath name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        return _destinations.GetFixed(name, _make, null);
    }

    /// <summary>
    /// Gets a reference to the destination of a name that a client chose. The first one starts its watch. After a time without a reference or a session
    /// (<see cref="DestinationRegistryOptions"/>) the destination is evicted, and the next call creates a new one.
    /// </summary>
    /// <remarks>
    /// A destination stays beyond that time while an operator's order stands (weight, drain, ejection), while its resolver fails, as the last good set has no other source then,
    /// and if its options ask for connections that are made ahead.
    /// </remarks>
    /// <param name="name">The name.</param>
    /// <param name="reference">The reference. The caller disposes it.</param>
    /// <returns>False if the name has no destination, and there are already <see cref="DestinationRegistryOptions.MaxClientNamed"/>.</returns>
    /// <inheritdoc cref="Get(DstPath)"/>
    public bool TryAcquire(DstPath name, [NotNullWhen(true)] out DestinationReference? reference)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        reference = _destinations.TryHold(name, _make, null, isFixed: false) is { } destination ? new DestinationReference(destination) : null;
        return reference is not null;
    }

    /// <summary>Gets the lock that serializes changes of options, from their validation to their use.</summary>
    internal Lock Configuring => _services.Configuring;

    /// <summary>Gets the logger.</summary>
    internal ILogger Logger => _services.Logger;

    /// <summary>Uses another function for destinations that are created from now on, and other limits unless they are null.</summary>
    internal void Use(Func<DstPath, DestinationOptions> optionsFor, DestinationRegistryOptions? options)
    {
        if (options is not null)
        {
            _destinations.Configure(options);
        }

        _optionsFor = optionsFor;
    }

    /// <summary>Gets the destination of the name of a proxy's listener, held until <see cref="DestinationTable.ReleaseForListener"/>; the proxy's options apply before the first check.</summary>
    /// <param name="name">The name.</param>
    /// <param name="proxy">The settings of the proxy.</param>
    /// <param name="next">The function of a change that is under way, and the destinations that were created by it, for <see cref="Withdraw"/>; null if there is no change.</param>
    internal Destination HoldForListener(DstPath name, ServedBy proxy, (Func<DstPath, DestinationOptions> OptionsFor, List<Destination> Created)? next = null)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        var destination = _destinations.HoldForListener(name, next is null ? _make : CreateNext, proxy);
        destination.ServeWith(proxy.Connect, proxy.Tcp);
        return destination;

        Destination CreateNext(DstPath name, ServedBy? proxy)
        {
            var made = Create(name, proxy, next.Value.OptionsFor);
            next.Value.Created.Add(made);
            return made;
        }
    }

    /// <summary>Gets the destination of the name of a proxy's session, held (<see cref="DestinationTable.TryHold"/>); null if its client chose it, and the limit is reached.</summary>
    internal Destination? TryHold(DstPath name, ServedBy proxy, bool isFixed = false)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        var destination = _destinations.TryHold(name, _make, proxy, isFixed);
        destination?.ServeWith(proxy.Connect, proxy.Tcp);
        return destination;
    }

    /// <summary>
    /// Applies other options to all names, existing and future, as <see cref="Destination.Configure"/> does for one name. All or nothing: if the options of any destination are not
    /// valid, or the function throws for one, nothing changes.
    /// </summary>
    /// <param name="optionsFor">Gets the options of a name's destination, which are copied. Called for each existing destination. If it returns the same instance of a resolver, the watch continues.</param>
    /// <param name="options">The limits of the names that clients choose, which are copied; null: unchanged.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid; the message lists all such options with their names.</exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed.</exception>
    public void Configure(Func<DstPath, DestinationOptions> optionsFor, DestinationRegistryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(optionsFor);
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        lock (Configuring)
        {
            var validator = new OptionsValidator();
            var change = RegistryChange.Prepare(this, optionsFor, options, validator);
            validator.ThrowIfInvalid(nameof(optionsFor));
            change!.Apply();
        }
    }

    /// <summary>Takes destinations back that were created by <see cref="HoldForListener"/> for options that are not applied: they are evicted, or get the options in force if something else uses them.</summary>
    internal void Withdraw(IEnumerable<Destination> created)
    {
        lock (Configuring)
        {
            foreach (var destination in created)
            {
                if (!_destinations.TryEvict(destination))
                {
                    RegistryChange.Prepare(destination, _optionsFor, new OptionsValidator())?.Apply();
                }
            }
        }
    }

    /// <summary>Loads the certificates, keys and roots of all destinations again, whether the files have changed or not. Changed files are also loaded without it, within 2 s.</summary>
    /// <param name="cancellationToken">Cancels the wait. Loading continues.</param>
    /// <returns>The problems of files that cannot be used, each with its path; empty if there are none. What was loaded before stays in use, and each problem is logged (6103).</returns>
    public Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken = default) => _services.Certificates.ReloadAsync(cancellationToken);

    /// <summary>
    /// Ends every watch. Connections to endpoints stay open. If a resolver has not ended its watch 5 s after the cancellation of its token, by the registry's clock,
    /// the registry does not wait longer, and logs a warning with the name (3020).
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await ResolverWatch.CancelAsync(_stopping, _services.Logger).ConfigureAwait(false);

        // In parallel, so that the patience is the same for one destination and for a thousand.
        await Task.WhenAll(Destinations.Select(static destination => destination.EndAsync(Destination.ResolverPatience))).ConfigureAwait(false);
        _destinations.Dispose();
        _endpointMeter?.Dispose();
    }

    /// <summary>Gets the dialer of <see cref="Destination.ConnectAsync"/>.</summary>
    internal DirectDialing Direct => _services.Direct;

    private static DestinationRegistryOptions Validated(DestinationRegistryOptions options) =>
        OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator), nameof(options));

    private Destination Create(DstPath name, ServedBy? proxy) => Create(name, proxy, _optionsFor);

    private Destination Create(DstPath name, ServedBy? proxy, Func<DstPath, DestinationOptions> optionsFor)
    {
        var options = optionsFor(name) ?? throw new InvalidOperationException($"The function that gives the options of destinations gave null for {name}; {nameof(DestinationOptions)} were expected.");
        var destination = new Destination(name, options, _services);
        if (proxy is not null)
        {
            destination.ServeWith(proxy.Connect, proxy.Tcp);
        }

        destination.Start();
        return destination;
    }
}

/// <summary>Represents the settings of a proxy that serves a destination; they apply if the options of the destination have none.</summary>
/// <param name="Connect">The policy by which its sessions get their server connections.</param>
/// <param name="Tcp">The TCP options of connections whose policy has none.</param>
internal sealed record ServedBy(ConnectOptions Connect, TcpOptions Tcp);
