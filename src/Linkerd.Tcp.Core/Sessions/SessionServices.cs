using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Security.Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace Linkerd.Tcp.Sessions;

/// <summary>The services that all sessions of a proxy share.</summary>
internal sealed class SessionServices
{
    private readonly ServedDestinations _destinations;

    public SessionServices(DestinationRegistry registry, Dialer dialer, SessionList sessions, DrainEnforcer leaving, IRandomSource random, TimeProvider timeProvider)
    {
        registry.Measured.Add(sessions);
        _destinations = new ServedDestinations(registry, dialer, leaving);
        Establishments = new DefaultObjectPool<Establishment>(new EstablishmentPolicy(dialer, random, timeProvider), maximumRetained: 256);
        Sessions = sessions;
        Leaving = leaving;
        TimeProvider = timeProvider;
        UnservedFilter = new RepeatFilter(timeProvider);
        ObserverFilter = new RepeatFilter(timeProvider);
    }

    public SessionList Sessions { get; }

    public DrainEnforcer Leaving { get; }

    public required SessionInstruments Instruments { get; init; }

    public ISessionObserver? Observer { get; init; }

    public required ILogger ProxyLogger { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>The metrics of TLS with clients.</summary>
    public required TlsInstruments Tls { get; init; }

    /// <summary>The services of the certificates of listeners.</summary>
    public required CertificateServices Certificates { get; init; }

    public TimeProvider TimeProvider { get; }

    public RepeatFilter UnservedFilter { get; }

    public RepeatFilter ObserverFilter { get; }

    public ServedDestinations Destinations => _destinations;

    /// <summary>The sources that cancel the phases before the copy, for the sessions that have not reached it.</summary>
    public ObjectPool<CancellationTokenSource> Pending { get; } = new DefaultObjectPool<CancellationTokenSource>(new CancellationPolicy(), maximumRetained: 1024);

    /// <summary>For the sessions that look for a server connection.</summary>
    public ObjectPool<Establishment> Establishments { get; }

    private sealed class EstablishmentPolicy(Dialer dialer, IRandomSource random, TimeProvider timeProvider) : PooledObjectPolicy<Establishment>
    {
        public override Establishment Create() => new(dialer, random, timeProvider);

        public override bool Return(Establishment obj)
        {
            obj.Reset();
            return true;
        }
    }

    private sealed class CancellationPolicy : PooledObjectPolicy<CancellationTokenSource>
    {
        public override CancellationTokenSource Create() => new();

        public override bool Return(CancellationTokenSource obj) => obj.TryReset();
    }
}
