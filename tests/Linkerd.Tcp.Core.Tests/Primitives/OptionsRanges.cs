namespace Linkerd.Tcp.Tests.Primitives;

/// <summary>For each option, which of the values at the edges are accepted (<see cref="TestUtilities.OptionsValues"/>); the others are refused by name.</summary>
internal static class OptionsRanges
{
    public static IReadOnlyList<string> All { get; } = """
        AcceptProxyOptions.Trusted:
        AcceptProxyOptions.TrustUnixPeers: false true
        AcceptProxyOptions.AcceptUntrusted: false true
        ActiveCheckOptions.Interval: 1ms 1s 49d
        ActiveCheckOptions.Timeout: 1ms 1s 49d
        ActiveCheckOptions.Rise: 1 max
        ActiveCheckOptions.Fall: 1 max
        ActiveCheckOptions.Send: none 5000
        ActiveCheckOptions.Expect: none
        ActiveCheckOptions.CloseSessionsOnDown: false true
        ActiveCheckOptions.MaxConcurrent: 1 max
        ApertureOptions.Instance: 0
        ApertureOptions.Instances: 1 max
        ApertureOptions.MinimumSize: max
        BalancerOptions.Breaker:
        BalancerOptions.SlowStart:
        BalancerOptions.MaxConnections: null 1 max
        BalancerOptions.MaxPending: null 1 max
        BalancerOptions.HashBalanceFactor: null
        BalancerOptions.HashBalanceFloor: 0 1 max
        BalancerOptions.SuspectAfter: infinite 1ms 1s 49d
        BalancerOptions.Aperture: null
        CertificateFiles.CertificateFile:
        CertificateFiles.ChainFiles: []
        CertificateFiles.KeyFile: null
        CertificateFiles.PassphraseFile: null
        CertificateFiles.OcspFile: null
        CircuitBreakerOptions.Failures: 0 1 max
        CircuitBreakerOptions.InitialBackoff: 1ms 1s 49d
        CircuitBreakerOptions.MaxBackoff: 49d
        CircuitBreakerOptions.EarlyCloses: 0 1 max
        CircuitBreakerOptions.EarlyCloseWindow: 1ms 1s 49d
        CircuitBreakerOptions.MaxEjectedShare: 0 0.5
        ConnectOptions.ConnectTimeout: null infinite 1ms 1s 49d
        ConnectOptions.AttemptTimeout: infinite 1ms 1s 49d
        ConnectOptions.MaxAttempts: 1 max
        ConnectOptions.RetryBackoff: 1ms 1s 49d
        ConnectOptions.SourceAddresses: []
        ConnectOptions.Tcp: null
        DestinationOptions.Resolver:
        DestinationOptions.Balancer: first
        DestinationOptions.BalancingPolicy: null
        DestinationOptions.Balancing:
        DestinationOptions.BalancerFactory: null
        DestinationOptions.ClearOnNegative: false true
        DestinationOptions.MaxSessions: null 1 max
        DestinationOptions.Connect: null
        DestinationOptions.RetryBudget:
        DestinationOptions.MaxPendingSessions: 0 1 max
        DestinationOptions.SendProxy: null
        DestinationOptions.Tls: null
        DestinationOptions.Preconnect:
        DestinationOptions.WaitForEndpoints: false true
        DestinationOptions.Check: null
        DestinationOptions.DrainTimeout: infinite 1ms 1s 49d
        DuplexOptions.IdleTimeout: infinite 1ms 1s 49d
        DuplexOptions.FirstByteTimeout: infinite 1ms 1s 49d
        DuplexOptions.HalfCloseTimeout: infinite 1ms 1s 49d
        DuplexOptions.Lifetime: infinite 1ms 1s 49d
        DuplexOptions.LifetimeJitter: 0 0.5
        HostResolverOptions.RefreshInterval: 1ms 1s 49d
        HostResolverOptions.LookupTimeout: 1ms 1s 49d
        HostResolverOptions.HostLookup:
        HostResolverOptions.TimeProvider:
        HostResolverOptions.Random: null
        HostResolverOptions.Logger:
        TransportListenOptions.EndPoint:
        TransportListenOptions.Handle: null
        TransportListenOptions.Backlog: 1 max
        TransportListenOptions.IPv6Only: false true
        TransportListenOptions.Tcp:
        TransportListenOptions.Limit: null
        ListenerTlsOptions.Provider: first
        ListenerTlsOptions.Certificates:
        ListenerTlsOptions.ClientCertificates: first
        ListenerTlsOptions.ClientRootFiles: []
        ListenerTlsOptions.CrlFiles: []
        ListenerTlsOptions.ClientNames: []
        ListenerTlsOptions.ApplicationProtocols: []
        ListenerTlsOptions.MinimumVersion: first
        ListenerTlsOptions.Groups: []
        ListenerTlsOptions.TicketKeyFile: null
        ListenerTlsOptions.TicketCount: 0 1
        ListenerTlsOptions.TicketLifetime: 1s
        ListenerTlsOptions.SignatureAlgorithms: []
        ListenerTlsOptions.CipherSuites: []
        ListenerTlsOptions.Truncation: first
        ListenerTlsOptions.MaxHandshakeRatePerClient: null 0.5 2 max
        ServerTlsOptions.Provider: first
        ServerTlsOptions.ServerName: null
        ServerTlsOptions.ExpectedNames: []
        ServerTlsOptions.RootFiles: []
        ServerTlsOptions.CrlFiles: []
        ServerTlsOptions.Certificate: null
        ServerTlsOptions.ApplicationProtocols: []
        ServerTlsOptions.UseClientApplicationProtocol: false true
        ServerTlsOptions.UsePostgresSslRequest: false true
        ServerTlsOptions.SkipVerification: false true
        ServerTlsOptions.MinimumVersion: first
        ServerTlsOptions.Groups: []
        ServerTlsOptions.SignatureAlgorithms: []
        ServerTlsOptions.CipherSuites: []
        ServerTlsOptions.Truncation: first
        ListenerOptions.EndPoint:
        ListenerOptions.Key: null
        ListenerOptions.Destination:
        ListenerOptions.Route: null
        ListenerOptions.PreludeTimeout: infinite 1ms 1s 49d
        ListenerOptions.MaxPreludeBytes: 1 max
        ListenerOptions.AcceptProxy: null
        ListenerOptions.AllowClients: null
        ListenerOptions.DenyClients: null
        ListenerOptions.Tls: null
        ListenerOptions.ServerNameRules: []
        ListenerOptions.Backlog: 1 max
        ListenerOptions.MaxSessions: null 1 max
        ListenerOptions.AcceptRate: null 0.5 2
        ListenerOptions.AcceptBurst: null 1 max
        ListenerOptions.MaxSessionsPerClient: null 1 max
        ListenerOptions.ConnectTimeout: null infinite 1ms 1s 49d
        ListenerOptions.Duplex: null
        ListenerOptions.AbortOnClose: null false true
        RetryBudgetOptions.PerSession: 0 0.5 2
        RetryBudgetOptions.PerSecond: 0 0.5 2
        SendProxyOptions.Version:
        SendProxyOptions.Authority: false true
        SendProxyOptions.Alpn: false true
        SendProxyOptions.UniqueId: false true
        SendProxyOptions.Checksum: false true
        DestinationRegistryOptions.MaxClientNamed: 0 1 max
        DestinationRegistryOptions.IdleTimeout: infinite 1ms 1s 49d
        DestinationRegistryOptions.UnboundTimeout: infinite 1ms 1s 49d
        DestinationRegistryOptions.MaxMeasuredEndpoints: 0 1 max
        SlowStartOptions.Window: 0 1ms 1s 49d
        SlowStartOptions.Aggression: 0.5 2 max
        SlowStartOptions.Floor: 0.5
        TcpOptions.NoDelay: false true
        TcpOptions.KeepAliveTime: 0 1s
        TcpOptions.KeepAliveInterval: 1s
        TcpOptions.KeepAliveRetryCount: 1
        TcpOptions.WindowSize: 1
        TcpOptions.UserTimeout: 0 1ms 1s
        TcpOptions.SendBufferSize: null 1
        TcpOptions.ReceiveBufferSize: null 1
        TcpProxyOptions.Listeners:
        TcpProxyOptions.MaxSessions: null 1 max
        TcpProxyOptions.Connect:
        TcpProxyOptions.AbortOnClose: false true
        TcpProxyOptions.Duplex:
        TcpProxyOptions.Tcp:
        TransportOptions.Engine: first
        TransportOptions.Loops: null 1
        TransportOptions.StuckAfter: 1s 49d
        PreconnectOptions.Connections: 0 1 max
        PreconnectOptions.MaxIdle: 1ms 1s 49d
        """.Split('\n');
}
