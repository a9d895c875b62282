using System.Net;
using Linkerd.Tcp.LoadTest.Tls;
using Linkerd.Tcp.LoadTest.Workloads;

namespace Linkerd.Tcp.LoadTest.Running;

/// <summary>What `load-test run` was asked for.</summary>
internal sealed record RunSettings
{
    public required Workload Workload { get; init; }

    public required IPEndPoint Target { get; init; }

    public required IPEndPoint Backend { get; init; }

    /// <summary>Set if the backend has TLS.</summary>
    public TestCertificates? Certificates { get; init; }

    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(3);

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    public IReadOnlyList<int> ProxyProcesses { get; init; } = [];
}
