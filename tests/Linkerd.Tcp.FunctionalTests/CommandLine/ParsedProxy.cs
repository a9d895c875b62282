using System.Net;
using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Hosting.Namerd;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The model that a command line of the proxy wrote.</summary>
internal sealed record ParsedProxy(ProxyConfiguration Process)
{
    public RouterConfiguration Router => Assert.Single(Process.Routers);

    public ServerConfiguration Server => Router.Servers[0];

    public IEnumerable<IPEndPoint> Listen => Router.Servers.Select(static server => new IPEndPoint(server.Ip, server.Port!.Value));

    public NameTree Target => Server.DstName!;

    public bool IsLocal => Router.Interpreter is LocalInterpreterConfiguration;

    public NamerdConfiguration Namerd => Assert.IsType<NamerdConfiguration>(Router.Interpreter);

    public Dtab? Dtab => (Router.Interpreter as LocalInterpreterConfiguration)?.Dtab;

    public string? Disco => (Router.Interpreter as LocalInterpreterConfiguration)?.Namers.SingleOrDefault()?.RootDir;

    public (int? Factor, int Floor) HashBalance => (Destination.Balancing.HashBalanceFactor, Destination.Balancing.HashBalanceFloor);

    /// <summary>The options of the destination that it comes to.</summary>
    public DestinationOptions Destination => CoreOptions.Destination(Router.Client.For(DstPath.Parse("/svc/foo")), new StaticResolver(), false, TlsProviderKind.Auto);

    public static ParsedProxy Of(params string[] args) => new(Assert.IsType<ParsedCommandLine.Run>(CommandLineParser.Parse(args)).Configuration);
}
