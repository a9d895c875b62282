using System.Net;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities.Resolving;

namespace Linkerd.Tcp.Dns.Tests;

/// <summary>Namers over name servers and files in memory.</summary>
internal sealed class DnsFixture
{
    public DnsFixture()
    {
        Options = new DnsNamerOptions
        {
            TimeProvider = Time,
            Random = RandomSource.Seeded(1),
            Logger = Logger,
            ResolverFile = "/files/resolv.conf",
            HostsFile = "/files/hosts",
        };
        Hosts = new DnsNamer(Options, Client, Files);
        Services = new DnsSrvNamer(Options, Client, Files);
    }

    public TimerLog Time { get; } = new();

    public FakeTextFiles Files { get; } = new();

    public FakeDnsClient Client { get; } = new();

    public LookupLogger Logger { get; } = new();

    public DnsNamerOptions Options { get; }

    public DnsNamer Hosts { get; }

    public DnsSrvNamer Services { get; }

    public static Resolution.Bound Bound(params string[] endPoints) => new(EndpointSet.Create(endPoints.Select(IPEndPoint.Parse)));

    public static NameBinding.Bound Leaf(string id, string residual = "/") => new(new BoundTree.Leaf(DstPath.Parse(id), DstPath.Parse(residual)));
}
