namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>All proxies that are compared, in the order of the report.</summary>
internal static class ProxyCatalog
{
    /// <summary>The proxy whose costs have limits.</summary>
    public const string Epoll = "linkerd-tcp-epoll";

    private const string EpollArguments = "--transport epoll --loops 1 --stats 1";

    public static IReadOnlyList<string> Names { get; } = [.. Create(new()).Select(static kind => kind.Name)];

    /// <summary>The kinds. The baseline is started with the arguments of the epoll engine.</summary>
    public static IReadOnlyList<ProxyKind> Create(LinkerdTcpBuilds builds) =>
    [
        new LinkerdTcp(Epoll, builds.Path, $"{builds.Arguments ?? EpollArguments} {builds.More}"),
        new LinkerdTcp("baseline", builds.Baseline, $"{builds.Arguments ?? EpollArguments} {builds.BaselineMore ?? builds.More}", LinkerdTcp.BaselineOption),
        new LinkerdTcp("linkerd-tcp-sockets", builds.Path, $"{builds.Arguments ?? "--transport sockets --stats 1"} {builds.More}"),
        new Haproxy("haproxy", "haproxy.cfg"),
        new Haproxy("haproxy-splice", "haproxy-splice.cfg", splices: true),
        new Haproxy("haproxy-splice-always", "haproxy-splice-always.cfg", splices: true),
        new Nginx("nginx"),
    ];
}
