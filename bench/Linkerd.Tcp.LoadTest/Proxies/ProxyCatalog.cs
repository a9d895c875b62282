namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>All proxies that are compared, in the order of the report.</summary>
internal static class ProxyCatalog
{
    /// <summary>The proxy whose costs have limits.</summary>
    public const string Epoll = "linkerd-tcp-epoll";

    private const string EpollArguments = "--transport epoll --loops 1 --stats 1";

    public static IReadOnlyList<string> Names { get; } = [.. Create(null, null, null).Select(static kind => kind.Name)];

    /// <summary>
    /// The kinds; <paramref name="arguments"/> replaces what linkerd-tcp is started with beside its addresses. The baseline is started with the same
    /// arguments as the epoll engine.
    /// </summary>
    public static IReadOnlyList<ProxyKind> Create(string? linkerdTcp, string? baseline, string? arguments) =>
    [
        new LinkerdTcp(Epoll, linkerdTcp, arguments ?? EpollArguments),
        new LinkerdTcp("baseline", baseline, arguments ?? EpollArguments, LinkerdTcp.BaselineOption),
        new LinkerdTcp("linkerd-tcp-sockets", linkerdTcp, arguments ?? "--transport sockets --stats 1"),
        new Haproxy("haproxy", "haproxy.cfg"),
        new Haproxy("haproxy-splice", "haproxy-splice.cfg", splices: true),
        new Haproxy("haproxy-splice-always", "haproxy-splice-always.cfg", splices: true),
        new Nginx("nginx"),
    ];
}
