using Linkerd.Tcp.Dns;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Naming;

/// <summary>The kinds of namers that ask DNS.</summary>
internal static class DnsKinds
{
    public static NamerKind Hosts { get; } = new("io.l5d.dns", static context => new DnsNamer(Options(context)));

    public static NamerKind Services { get; } = new("io.l5d.dnssrv", static context => new DnsSrvNamer(Options(context)));

    private static DnsNamerOptions Options(NamingContext context) => new()
    {
        Logger = context.LoggerFactory.CreateLogger("Linkerd.Tcp.Interpreter"),
        TimeProvider = context.TimeProvider,
    };
}
