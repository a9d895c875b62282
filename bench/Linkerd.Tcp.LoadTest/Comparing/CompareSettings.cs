using Linkerd.Tcp.LoadTest.Proxies;
using Linkerd.Tcp.LoadTest.Tls;
using Linkerd.Tcp.LoadTest.Workloads;

namespace Linkerd.Tcp.LoadTest.Comparing;

/// <summary>What `load-test compare` was asked for.</summary>
internal sealed record CompareSettings
{
    public required IReadOnlyList<ProxyKind> Proxies { get; init; }

    public required IReadOnlyList<Workload> Workloads { get; init; }

    /// <summary>What proxies and backend present; set if a workload has TLS.</summary>
    public TestCertificates? Certificates { get; init; }

    public int Rounds { get; init; }

    public double Seconds { get; init; }

    public double WarmUp { get; init; }

    public int ProxyCore { get; init; }

    public int LoadCore { get; init; }

    public required string Output { get; init; }
}
