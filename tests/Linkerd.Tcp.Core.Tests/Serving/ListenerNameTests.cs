using System.Net;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>The destination of a listener's name stays while the listener has it, and its sessions run, and goes when it is idle then.</summary>
public sealed class ListenerNameTests
{
    private static readonly DstPath Other = DstPath.Parse("/svc/other");
    private static readonly TimeSpan Idle = new DestinationRegistryOptions().IdleTimeout;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Listener_Runs_ItsNameStays() => SimulatedProxy.RunAsync(async bed =>
    {
        await StartAsync(bed);
        await PassAsync(bed, 5);
        Assert.True(Knows(bed));
    });

    [Fact]
    public Task Listener_IsRemoved_ItsNameGoesWhenItsLastSessionHasEnded() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartAsync(bed);
        var session = await bed.ConnectServedAsync(backend, listener: 1);
        await bed.Proxy.RemoveListenerAsync(bed.Proxy.LocalEndPoints[1], Cancelled);
        await PassAsync(bed, 5);
        Assert.True(Knows(bed));
        Assert.Equal(TransportStatus.Ok, await session.TrySendAsync("still"u8.ToArray()));
        Assert.Equal("still"u8.ToArray(), await backend.Accepted[^1].ReadAsync(5));
        await session.DisposeAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        await PassAsync(bed, 2.5);
        Assert.False(Knows(bed));
        Assert.Contains(bed.Router.Destinations, static destination => destination.Name.Equals(SimulatedProxy.Name));
    });

    [Fact]
    public Task Listener_GetsAnotherName_TheFirstOneGoes() => SimulatedProxy.RunAsync(async bed =>
    {
        await StartAsync(bed);
        var address = bed.Proxy.LocalEndPoints[1];
        Assert.True(await bed.Proxy.ChangeListenerAsync(address, new ListenerOptions(address, SimulatedProxy.Name), Cancelled));
        await PassAsync(bed, 1.3);
        Assert.False(Knows(bed));
        Assert.True(await bed.Proxy.ChangeListenerAsync(address, new ListenerOptions(address, Other), Cancelled));
        await PassAsync(bed, 5);
        Assert.True(Knows(bed));
    });

    [Fact]
    public Task TwoListeners_OneIsRemoved_TheirNameStays() => SimulatedProxy.RunAsync(async bed =>
    {
        await StartAsync(bed);
        await bed.Proxy.AddListenerAsync(new ListenerOptions(bed.ProxyHost.AnyPort, Other), Cancelled);
        await bed.Proxy.RemoveListenerAsync(bed.Proxy.LocalEndPoints[2], Cancelled);
        await PassAsync(bed, 5);
        Assert.True(Knows(bed));
        await bed.Proxy.RemoveListenerAsync(bed.Proxy.LocalEndPoints[1], Cancelled);
        await PassAsync(bed, 1.3);
        Assert.False(Knows(bed));
    });

    [Fact]
    public Task Options_CannotBeBound_TheirNamesGo() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(bed.NewListener());
        var taken = new ListenerOptions(new IPEndPoint(bed.ProxyHost.Address, 7), Other);
        await bed.Proxy.AddListenerAsync(taken, Cancelled);
        await bed.Proxy.RemoveListenerAsync(taken.EndPoint, Cancelled);
        await using var occupied = await bed.ProxyHost.ListenAsync(new TransportListenOptions { EndPoint = taken.EndPoint }, Cancelled);
        await Assert.ThrowsAsync<TransportException>(() => bed.Proxy.AddListenerAsync(taken, Cancelled));
        await PassAsync(bed, 1.3);
        Assert.False(Knows(bed));
    });

    [Fact]
    public Task Options_AreTakenAgainAndAgain_NoHoldIsLeft() => SimulatedProxy.RunAsync(async bed =>
    {
        await StartAsync(bed);
        for (var i = 0; i < 10; i++)
        {
            await bed.Proxy.ApplyAsync(bed.Proxy.Options, Cancelled);
        }

        Assert.Equal(1, Assert.Single(bed.Router.Destinations, static destination => destination.Name.Equals(Other)).Use.Holds);
        await bed.Proxy.DrainAsync(TimeSpan.Zero, CancellationToken.None);
        await PassAsync(bed, 1.3);
        Assert.False(Knows(bed));
    });

    private static async Task<SimulatedBackend> StartAsync(SimulatedProxy bed)
    {
        var backend = await bed.StartAsync(bed.NewListener());
        await bed.Proxy.AddListenerAsync(new ListenerOptions(bed.ProxyHost.AnyPort, Other), Cancelled);
        return backend;
    }

    private static bool Knows(SimulatedProxy bed) => bed.Router.Destinations.Any(static destination => destination.Name.Equals(Other));

    private static Task PassAsync(SimulatedProxy bed, double idleTimes) => bed.DelayAsync((Idle * idleTimes).TotalMilliseconds);
}
