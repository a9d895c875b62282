using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Security;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>Manages the connections of a destination that are made ahead, for the first of the proxies that serve it; the options give their number. Any thread.</summary>
internal sealed partial class DestinationPreconnects(Destination destination, DestinationServices services)
{
    private readonly Lock _lock = new();
    private (Dialer Dialer, ServedBy Proxy)? _user;
    private ServerTlsOptions? _tls;

    /// <summary>Gets the connections; null if there are none.</summary>
    public PreconnectPool? Pool { get; private set; }

    /// <summary>Gets a value that indicates whether the options ask for connections.</summary>
    public bool AreWanted => Wanted(destination.Options) > 0;

    /// <summary>Starts making connections ahead for a proxy, unless another proxy has them.</summary>
    /// <param name="dialer">The dialer of the proxy.</param>
    /// <param name="proxy">The settings of the proxy, which apply if the options have none.</param>
    public void Start(Dialer dialer, ServedBy proxy)
    {
        lock (_lock)
        {
            _user ??= (dialer, proxy);
        }

        Configure(isBalancerNew: false);
    }

    /// <summary>Ends the effect of <see cref="Start"/> for a proxy, if there is any.</summary>
    public async ValueTask StopAsync(Dialer dialer)
    {
        PreconnectPool? pool;
        lock (_lock)
        {
            if (_user?.Dialer != dialer)
            {
                return;
            }

            (pool, Pool, _user) = (Pool, null, null);
        }

        if (pool is not null)
        {
            await pool.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Applies the options of the destination.</summary>
    /// <param name="isBalancerNew">True if the connections are to endpoints of a balancer that was replaced.</param>
    public void Configure(bool isBalancerNew)
    {
        PreconnectPool? old = null;
        PreconnectPool? kept;
        var options = destination.Options;
        ConnectOptions policy;
        lock (_lock)
        {
            if (_user is not { } user)
            {
                return;
            }

            policy = (options.Connect ?? user.Proxy.Connect).WithTcp(user.Proxy.Tcp);
            if (isBalancerNew || Wanted(options) == 0 || !(options.Tls?.IsSame(_tls) ?? _tls is null))
            {
                (old, Pool) = (Pool, null);
            }

            _tls = options.Tls;
            kept = Pool;
            if (kept is null && Wanted(options) > 0)
            {
                Pool = new PreconnectPool(destination.Balancer, user.Dialer, policy, destination.Health, () => destination.Setup.Current, options.Preconnect, services.Random, services.TimeProvider);
            }
        }

        kept?.Configure(options.Preconnect, policy);
        _ = old?.DisposeAsync().AsTask();
    }

    /// <summary>Logs a warning if the options ask for connections that cannot be made, and the options before them did not.</summary>
    public void WarnIfOff(DestinationOptions? before = null)
    {
        var options = destination.Options;
        if (DependOnClient(options) && options.Preconnect.Connections > 0 && (before is not { Preconnect.Connections: > 0 } || !DependOnClient(before)))
        {
            Log.Off(services.Logger, destination.Name, options.Preconnect.Connections);
        }
    }

    private static int Wanted(DestinationOptions options) => DependOnClient(options) ? 0 : options.Preconnect.Connections;

    // Of the client nothing is known ahead.
    private static bool DependOnClient(DestinationOptions options) => options.SendProxy is not null || options.Tls is { DependsOnClient: true };

    private static partial class Log
    {
        [LoggerMessage(3006, LogLevel.Warning,
            "{Name}: no connections are made ahead ({Connections} were asked for), as each depends on its client, by a PROXY header or by TLS", EventName = "PreconnectsOff")]
        public static partial void Off(ILogger logger, DstPath name, int connections);
    }
}
