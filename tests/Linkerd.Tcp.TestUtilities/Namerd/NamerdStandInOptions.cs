using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>How a <see cref="NamerdStandIn"/> runs. Immutable.</summary>
public sealed record NamerdStandInOptions
{
    /// <summary>Where it listens; port 0 is a free one. Default: a free port of the IPv4 loopback.</summary>
    public IPEndPoint EndPoint { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>For TLS. Default: none, plain HTTP.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>With TLS: a client has to show a certificate, and this says whether it will do. Default: none is asked for.</summary>
    public Func<X509Certificate2, bool>? ClientCertificate { get; init; }

    /// <summary>Decides which branches of unions are drawn. Default: 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Drives the look at the list of namespaces, the end of the patience of <c>delegate</c>, the grace of a stop, and DNS. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Is told method and target of each request, which then are not kept, as one that runs for long must not. Default: they are kept for the test.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>
    /// Looks a host up, for hosts that were not set; none: it does not exist. Asked again every 5 s once the host was needed; what it throws is taken for a DNS
    /// that does not answer. Default: only what was set, literals and <c>localhost</c> have addresses.
    /// </summary>
    public Func<string, CancellationToken, Task<IPAddress[]>>? Resolver { get; init; }
}
