using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>Represents the services that the destinations of a registry share.</summary>
internal sealed class DestinationServices
{
    private readonly ITransport? _transport;

    /// <param name="transport">The transport of checks, and of direct connections unless it is an <see cref="EpollTransport"/>; null: sockets.</param>
    /// <param name="loggerFactory">The factory of the sockets' loggers; null: nothing is logged.</param>
    /// <param name="meter">The meter that counts direct connects; null: they are not counted.</param>
    /// <param name="timeProvider">The clock.</param>
    public DestinationServices(ITransport? transport, ILoggerFactory? loggerFactory, Meter? meter, TimeProvider timeProvider)
    {
        _transport = transport;
        TimeProvider = timeProvider;
        Executor = transport?.Executor;
        Unverified = new RepeatFilter(timeProvider);
        Direct = new DirectDialing(transport is EpollTransport ? null : transport, meter, timeProvider, loggerFactory);
        Checks = new(() => new Dialer(transport ?? Direct.Sockets, TcpOptions.Defaults, clock: timeProvider));
    }

    /// <summary>Gets the registry.</summary>
    public required DestinationRegistry Registry { get; init; }

    /// <summary>Gets the dialer of checks.</summary>
    public Lazy<Dialer> Checks { get; }

    /// <summary>Gets the dialer of <see cref="Destination.ConnectAsync"/>.</summary>
    public DirectDialing Direct { get; }

    /// <summary>Gets the executor on which answers of resolvers are applied; null: the thread pool.</summary>
    public TransportExecutor? Executor { get; }

    /// <summary>Gets the clock.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Gets the generator that the registry was given; null: none, so that each user has a fast one.</summary>
    public Random? GivenRandom { get; init; }

    /// <summary>Gets the source of jitter.</summary>
    public required IRandomSource Random { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Gets the certificates of the destinations that use TLS.</summary>
    public required CertificateStore Certificates { get; init; }

    /// <summary>Gets the metrics of TLS with servers; null: none.</summary>
    public TlsInstruments? Tls { get; init; }

    /// <summary>Gets the filter of the warnings that servers are not verified: thousands of destinations may have the same options.</summary>
    public RepeatFilter Unverified { get; }

    /// <summary>Gets the token that is cancelled when the registry is disposed.</summary>
    public required CancellationToken Stopping { get; init; }

    /// <summary>Gets the lock that serializes changes of options, from their validation to their use.</summary>
    public Lock Configuring { get; } = new();

    /// <summary>Adds an error for each option of a destination that is not valid, or else for each that the transport lacks.</summary>
    public void Validate(DestinationOptions options, OptionsValidator validator)
    {
        var before = validator.ErrorCount;
        options.Validate(validator);
        if (validator.ErrorCount == before)
        {
            validator.Optional(options.Tls, (tls, validator) => tls.ValidateFor(_transport, validator), nameof(options.Tls));
        }
    }
}
