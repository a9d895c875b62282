using System.Net;

namespace Linkerd.Tcp.Cli;

/// <summary>A command line that asks for a proxy, checked. <see cref="Timeout.InfiniteTimeSpan"/> stands for <c>off</c>.</summary>
internal sealed record ProxySettings
{
    public required NamingSettings Naming { get; init; }

    /// <summary>Where the last good endpoints are remembered; null: nowhere.</summary>
    public required string? StateDirectory { get; init; }

    /// <summary>At least one; no address twice, but for port 0.</summary>
    public required IReadOnlyList<IPEndPoint> Listen { get; init; }

    public required int WindowSizeKb { get; init; }

    public required TimeSpan ConnectTimeout { get; init; }

    public required TimeSpan AttemptTimeout { get; init; }

    public required TimeSpan IdleTimeout { get; init; }

    public required TimeSpan HalfCloseTimeout { get; init; }

    public required TimeSpan Lifetime { get; init; }

    public required TimeSpan TcpUserTimeout { get; init; }

    /// <summary>Null: what the kernel allows.</summary>
    public required int? Backlog { get; init; }

    /// <summary>Null: as the limit of descriptors has it.</summary>
    public required int? MaxSessions { get; init; }

    /// <summary>Null: no peer sends a PROXY header.</summary>
    public required ClientNetworks? AcceptProxy { get; init; }

    /// <summary>Null: server connections begin with no PROXY header.</summary>
    public required ProxyProtocolVersion? SendProxy { get; init; }

    /// <summary>Null: all clients.</summary>
    public required ClientNetworks? AllowClient { get; init; }

    /// <summary>Null: no clients.</summary>
    public required ClientNetworks? DenyClient { get; init; }

    public required BalancerKind Balancer { get; init; }

    public required HashBalance HashBalance { get; init; }

    /// <summary>Null: any number.</summary>
    public required int? MaxConnectionsPerEndpoint { get; init; }

    public required int MaxWaiters { get; init; }

    public required int MinConnections { get; init; }

    public required TimeSpan SlowStart { get; init; }

    public required CircuitBreakerOptions FailFast { get; init; }

    public required int Retries { get; init; }

    public required TimeSpan ActiveCheck { get; init; }

    public required ReadOnlyMemory<byte> CheckSend { get; init; }

    public required ReadOnlyMemory<byte> CheckExpect { get; init; }

    public required TransportEngine Transport { get; init; }

    /// <summary>Null: one for each processor.</summary>
    public required int? Loops { get; init; }

    public required TimeSpan Grace { get; init; }

    public required TimeSpan Stats { get; init; }
}
