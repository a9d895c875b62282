using System.Net;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Servers of one name, in one group, as namerd has them; the name is <c>/svc/web</c>.</summary>
internal sealed class ServerGroup : IAsyncDisposable
{
    private readonly NamerdStandIn _namerd;

    private ServerGroup(NamerdStandIn namerd) => _namerd = namerd;

    /// <summary>Starts the namerd that knows them.</summary>
    /// <param name="servers">Their addresses.</param>
    /// <param name="address">Where namerd listens; default loopback.</param>
    public static async Task<ServerGroup> StartAsync(IEnumerable<IPEndPoint> servers, IPAddress? address = null)
    {
        var group = new ServerGroup(await NamerdStandIn.StartAsync(address));
        group.Set(servers);
        return group;
    }

    /// <summary>Other servers from now on.</summary>
    public void Set(IEnumerable<IPEndPoint> servers) => _namerd.Set("/svc/web", NameState.Bound.Of(servers.Select(server => StandInAddress.Of(server))));

    /// <summary>The options that lead the executable to them, before others.</summary>
    public string[] Options(params string[] others) => ["-n", _namerd.EndPoint.ToString(), .. others];

    /// <summary>Starts the executable in front of them.</summary>
    public Task<ProxyProcess> ProxyAsync(params string[] options) => Executable.StartAsync("/svc/web", Options(options));

    /// <summary>As <see cref="ProxyAsync"/>, with every session in its log.</summary>
    public Task<ProxyProcess> ProxyWithDebugLogAsync(params string[] options) => Executable.StartWithDebugLogAsync("/svc/web", Options(options));

    public ValueTask DisposeAsync() => _namerd.DisposeAsync();
}
