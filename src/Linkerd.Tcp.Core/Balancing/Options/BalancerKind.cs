namespace Linkerd.Tcp.Balancing;

/// <summary>Specifies an algorithm of <see cref="LoadBalancers"/>.</summary>
public enum BalancerKind
{
    /// <summary><see cref="LoadBalancers.P2c"/>, the default.</summary>
    P2c,

    /// <summary><see cref="LoadBalancers.PeakEwma"/>.</summary>
    PeakEwma,

    /// <summary><see cref="LoadBalancers.LeastConnections"/>.</summary>
    LeastConnections,

    /// <summary><see cref="LoadBalancers.RoundRobin"/>.</summary>
    RoundRobin,

    /// <summary><see cref="LoadBalancers.Random"/>.</summary>
    Random,

    /// <summary><see cref="LoadBalancers.Maglev"/>.</summary>
    Maglev,
}
