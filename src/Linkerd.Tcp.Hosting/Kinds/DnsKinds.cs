using Linkerd.Tcp.Dns;

namespace Linkerd.Tcp.Hosting;

/// <summary>Provides the kinds of namers that ask DNS.</summary>
public static class DnsKinds
{
    /// <summary>Gets the kind <c>io.l5d.dns</c>: <c>/#/io.l5d.dns/host/port</c> is all addresses of a host.</summary>
    public static NamerKind Hosts { get; } = new("io.l5d.dns", static context => new DnsNamer(Options(context)));

    /// <summary>Gets the kind <c>io.l5d.dnssrv</c>: <c>/#/io.l5d.dnssrv/service</c> is the SRV records of a service.</summary>
    public static NamerKind Services { get; } = new("io.l5d.dnssrv", static context => new DnsSrvNamer(Options(context)));

    private static DnsNamerOptions Options(NamingContext context) => new()
    {
        Logger = context.LoggerFactory.CreateLogger("Linkerd.Tcp.Interpreter"),
        TimeProvider = context.TimeProvider,
    };
}
