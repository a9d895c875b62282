using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Hosting.Mapping;

/// <summary>The one place in which the model becomes options of Core. If the model has no value, Core's default stays.</summary>
internal static class CoreOptions
{
    /// <summary>The options of the destinations of a router.</summary>
    public static DestinationRegistryOptions Registry(ProxyConfiguration configuration) => new() { MaxMeasuredEndpoints = configuration.Metrics.MaxEndpoints };

    /// <summary>The options of the engine.</summary>
    public static TransportOptions Transport(ProxyConfiguration configuration) => new() { Engine = configuration.Transport, Loops = configuration.Loops };

    /// <summary>The options of the proxy of a router.</summary>
    /// <param name="configuration">The settings of the process.</param>
    /// <param name="servers">The servers; at least one.</param>
    /// <param name="nameOf">The name of a target.</param>
    /// <param name="provider">The library of TLS, which does not change while the process runs.</param>
    public static TcpProxyOptions Proxy(ProxyConfiguration configuration, IReadOnlyList<ServerConfiguration> servers, Func<NameTree, DstPath> nameOf, TlsProviderKind provider) => new()
    {
        Listeners = [.. servers.Select(server => Listener(server, nameOf, provider))],
        MaxSessions = configuration.MaxSessions,
        Tcp = new TcpOptions { WindowSize = configuration.BufferSizeBytes, UserTimeout = OffIsZero(configuration.TcpUserTimeout) },
    };

    /// <summary>The options of the destination of a name. Its policy of connecting is always there, so that no setting of a prefix can lose another; the total time is that of the server unless a prefix has one.</summary>
    /// <param name="client">The settings of the name, merged.</param>
    /// <param name="resolver">What resolves the name.</param>
    /// <param name="clearOnNegative">Whether its interpreter drops the endpoints of names that do not exist.</param>
    /// <param name="provider">The library of TLS.</param>
    public static DestinationOptions Destination(ClientSettings client, IResolver resolver, bool clearOnNegative, TlsProviderKind provider)
    {
        var options = new DestinationOptions { Resolver = resolver, ClearOnNegative = client.ClearOnNegative ?? clearOnNegative, MaxSessions = Limit(client.MaxSessions), SendProxy = SendProxy(client), Check = Check(client), Tls = CoreTlsOptions.Client(client, provider) };
        options.Balancer = client.Balancer ?? options.Balancer;
        options.Balancing = Balancing(client);
        options.Connect = Connect(client);
        options.RetryBudget.PerSession = client.RetriesPerSession ?? options.RetryBudget.PerSession;
        options.RetryBudget.PerSecond = client.RetriesPerSecond ?? options.RetryBudget.PerSecond;
        options.MaxPendingSessions = client.MaxWaiters ?? options.MaxPendingSessions;
        options.Preconnect.Connections = client.MinConnections ?? options.Preconnect.Connections;
        options.DrainTimeout = client.DrainTimeout ?? options.DrainTimeout;
        return options;
    }

    private static ListenerOptions Listener(ServerConfiguration server, Func<NameTree, DstPath> nameOf, TlsProviderKind provider)
    {
        var listener = new ListenerOptions(new IPEndPoint(server.Ip, server.Port!.Value), server.DstName is { } target ? nameOf(target) : null)
        {
            Tls = server.Tls is { } tls ? CoreTlsOptions.Server(tls, provider) : null,
            ServerNameRules = [.. server.SniRoutes.Select(route => CoreTlsOptions.Rule(route, nameOf))],
            MaxSessions = Limit(server.MaxConcurrency),
            MaxSessionsPerClient = Limit(server.MaxSessionsPerClient),
            AcceptRate = server.AcceptRate,
            AcceptBurst = server.AcceptBurst,
            AcceptProxy = server.AcceptProxy is { } trusted ? new AcceptProxyOptions { Trusted = trusted, AcceptUntrusted = server.AcceptUntrusted } : null,
            AllowClients = server.AllowClients,
            DenyClients = server.DenyClients,
            ConnectTimeout = server.ConnectTimeout,
            AbortOnClose = server.AbortOnClose,
            Duplex = new DuplexOptions
            {
                IdleTimeout = server.IdleTimeout,
                FirstByteTimeout = server.FirstByteTimeout,
                HalfCloseTimeout = server.HalfCloseTimeout,
                Lifetime = server.ConnectionLifetime,
            },
        };
        listener.Backlog = server.Backlog ?? listener.Backlog;
        return listener;
    }

    private static ConnectOptions Connect(ClientSettings client)
    {
        var policy = new ConnectOptions { ConnectTimeout = client.EstablishTimeout, SourceAddresses = client.SourceAddresses ?? [] };
        policy.AttemptTimeout = client.ConnectTimeout ?? policy.AttemptTimeout;
        policy.MaxAttempts = client.Retries + 1 ?? policy.MaxAttempts;
        return policy;
    }

    private static BalancerOptions Balancing(ClientSettings client)
    {
        var options = new BalancerOptions
        {
            Breaker = FailFastText.Of(client.MaxConsecutiveFailures, client.FailurePenalty),
            HashBalanceFactor = Limit(client.HashBalanceFactor),
            MaxConnections = Limit(client.MaxConnectionsPerEndpoint),
            MaxPending = Limit(client.MaxPendingPerEndpoint),
        };
        options.SlowStart.Window = client.SlowStart is { } window ? OffIsZero(window) : options.SlowStart.Window;
        options.HashBalanceFloor = client.HashBalanceFloor ?? options.HashBalanceFloor;
        return options;
    }

    private static SendProxyOptions? SendProxy(ClientSettings client)
    {
        if (client.SendProxy is not (SendProxyVersion.V1 or SendProxyVersion.V2))
        {
            return null;
        }

        // Version 1 has no fields.
        var hasFields = client.SendProxy == SendProxyVersion.V2;
        var options = new SendProxyOptions { Version = hasFields ? ProxyProtocolVersion.V2 : ProxyProtocolVersion.V1 };
        options.Authority = client.SendProxyAuthority ?? options.Authority;
        options.Alpn = client.SendProxyAlpn ?? options.Alpn;
        options.UniqueId = hasFields && (client.SendProxyUniqueId ?? options.UniqueId);
        options.Checksum = hasFields && (client.SendProxyChecksum ?? options.Checksum);
        return options;
    }

    private static ActiveCheckOptions? Check(ClientSettings client)
    {
        if (client.CheckInterval is not { } interval || interval == Timeout.InfiniteTimeSpan)
        {
            return null;
        }

        var options = new ActiveCheckOptions { Interval = interval, Send = client.CheckSend ?? default, Expect = client.CheckExpect ?? default };

        // A check that took longer than the interval would put off the next one, and so the verdict.
        options.Timeout = client.CheckTimeout ?? (interval < options.Timeout ? interval : options.Timeout);
        options.Rise = client.CheckRise ?? options.Rise;
        options.Fall = client.CheckFall ?? options.Fall;
        return options;
    }

    private static int? Limit(int? limit) => limit == 0 ? null : limit;

    private static TimeSpan OffIsZero(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : time;
}
