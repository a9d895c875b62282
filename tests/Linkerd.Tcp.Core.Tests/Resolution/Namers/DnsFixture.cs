using Linkerd.Tcp.Dns;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Tests;

/// <summary>Namers over name servers and files in memory.</summary>
internal sealed class DnsFixture
{
    public DnsFixture()
    {
        Files = new FakeFileSystem(Time);
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

    public FakeFileSystem Files { get; }

    public FakeDnsClient Client { get; } = new();

    public LookupLogger Logger { get; } = new();

    public DnsNamerOptions Options { get; }

    public DnsNamer Hosts { get; }

    public DnsSrvNamer Services { get; }
}
