using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The real executable in front of the name <c>/svc/web</c> of a namerd stand-in, and two servers for it.</summary>
internal sealed class DiscoveredProxy : IAsyncDisposable
{
    public const string Name = "/svc/web";

    private DiscoveredProxy(NamerdStandIn namerd)
    {
        Namerd = namerd;
    }

    public NamerdStandIn Namerd { get; }

    public TcpBackend First { get; } = new(Serve.GreetAndEcho("1"));

    public TcpBackend Second { get; } = new(Serve.GreetAndEcho("2"));

    public ProxyProcess Process { get; private set; } = null!;

    /// <summary>Starts all of it, the name bound to the first server.</summary>
    public static async Task<DiscoveredProxy> StartAsync(params string[] options)
    {
        var all = new DiscoveredProxy(await NamerdStandIn.StartAsync());
        all.Bind((all.First, 1));
        await all.StartProxyAsync(options);
        return all;
    }

    /// <summary>Starts all but namerd, whose port is known already.</summary>
    public static async Task<DiscoveredProxy> StartWithoutNamerdAsync(params string[] options)
    {
        var all = new DiscoveredProxy(await NamerdStandIn.StartAsync());
        await all.Namerd.StopAsync();
        await all.StartProxyAsync(options);
        return all;
    }

    /// <summary>Binds the name to servers with weights.</summary>
    public void Bind(params (TcpBackend Server, double Weight)[] servers) =>
        Namerd.Set(Name, NameState.Bound.Of(servers.Select(server => StandInAddress.Of(server.Server.EndPoint, server.Weight))));

    /// <summary>Which server a new session goes to.</summary>
    public async Task<string> AskAsync()
    {
        using var client = await ClientSocket.ConnectAsync(Process.EndPoint);
        return await client.ReceiveTextAsync(1).InTimeAsync();
    }

    /// <summary>Opens new sessions until one is served by the server given.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> TimeUntilServedByAsync(string server)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await AskAsync() != server)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < ClientSocket.Patience, $"no session went to server {server}");
        }

        return TimeProvider.System.GetElapsedTime(started);
    }

    public async ValueTask DisposeAsync()
    {
        if (Process is not null)
        {
            await Process.DisposeAsync();
        }

        await Namerd.DisposeAsync();
        await First.DisposeAsync();
        await Second.DisposeAsync();
    }

    private async Task StartProxyAsync(string[] options)
    {
        try
        {
            Process = await Executable.StartAsync(Name, ["-n", Namerd.EndPoint.ToString(), .. options]);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }
}
