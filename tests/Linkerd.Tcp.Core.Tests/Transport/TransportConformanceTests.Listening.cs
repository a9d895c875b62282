using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class TransportConformanceTests
{
    [Fact]
    public Task Start_Twice_Throws() => RunAsync(async bed =>
    {
        var (listener, handler) = await bed.ListenAsync();
        Assert.Throws<InvalidOperationException>(() => listener.Start(handler));
    });

    [Fact]
    public Task Start_ClientCameBefore_ItIsAcceptedThen() => RunAsync(async bed =>
    {
        var listener = bed.Own(await bed.Transport.ListenAsync(new ListenOptions { EndPoint = bed.FreeAddress }, Cancelled));
        var connected = await bed.ConnectAsync(listener.LocalEndPoint);
        await connected.SendTextAsync("early");
        var handler = new RecordingHandler();
        await bed.SettleAsync();
        Assert.Equal(0, handler.Count);
        listener.Start(handler);
        var accepted = bed.Own(await handler.NextAsync());
        Assert.Equal("early", await accepted.ReadTextAsync(5));
    });

    [Fact]
    public Task Start_ClientResetInBacklog_NextOneIsServed() => RunAsync(async bed =>
    {
        var listener = bed.Own(await bed.Transport.ListenAsync(new ListenOptions { EndPoint = bed.FreeAddress }, Cancelled));
        var gone = await bed.ConnectAsync(listener.LocalEndPoint);
        gone.Abort();
        var connected = await bed.ConnectAsync(listener.LocalEndPoint);
        await connected.SendTextAsync("alive");
        var handler = new RecordingHandler();
        listener.Start(handler);
        var text = "";
        while (text.Length == 0)
        {
            var accepted = bed.Own(await handler.NextAsync());
            text = await accepted.ReadTextAsync(5);
        }

        Assert.Equal("alive", text);
    });

    [Fact]
    public Task DisposeAsync_OfListener_StopsAcceptingAndLeavesConnections() => RunAsync(async bed =>
    {
        var (listener, handler) = await bed.ListenAsync();
        var connected = await bed.ConnectAsync(listener.LocalEndPoint);
        var accepted = bed.Own(await handler.NextAsync());
        await listener.DisposeAsync();
        await listener.DisposeAsync();
        Assert.False((await bed.Transport.ConnectAsync(listener.LocalEndPoint, new ConnectOptions(), Cancelled)).IsConnected);
        await connected.SendTextAsync("still here");
        Assert.Equal("still here", await accepted.ReadTextAsync(10));
        Assert.Equal(1, handler.Count);
    });

    [Fact]
    public Task DisposeAsync_OfListener_AddressIsFreeAgain() => RunAsync(async bed =>
    {
        var (listener, handler) = await bed.ListenAsync();
        await bed.ConnectAsync(listener.LocalEndPoint);
        bed.Own(await handler.NextAsync());
        await listener.DisposeAsync();
        var again = bed.Own(await bed.Transport.ListenAsync(new ListenOptions { EndPoint = listener.LocalEndPoint }, Cancelled));
        Assert.Equal(listener.LocalEndPoint.ToString(), again.LocalEndPoint.ToString());
    });

    [Fact]
    public Task Limit_Reached_NextConnectionWaitsForRelease() => RunAsync(async bed =>
    {
        var limit = new ConnectionLimit(2);
        var (listener, handler) = await bed.ListenAsync(new ListenOptions { Limit = limit });
        for (var i = 0; i < 2; i++)
        {
            await bed.ConnectAsync(listener.LocalEndPoint);
            bed.Own(await handler.NextAsync());
        }

        Assert.Equal(2, limit.Active);
        var third = await bed.ConnectAsync(listener.LocalEndPoint);
        await third.SendTextAsync("third");
        await bed.SettleAsync();
        Assert.Equal(2, handler.Count);

        limit.Release();
        var accepted = bed.Own(await handler.NextAsync());
        Assert.Equal("third", await accepted.ReadTextAsync(5));
        Assert.Equal(2, limit.Active);
        Assert.Empty(handler.Failures);
    });

    [Fact]
    public Task Limit_SharedByTwoListeners_HoldsForBothTogether() => RunAsync(async bed =>
    {
        var limit = new ConnectionLimit(3);
        var (one, handlerOfOne) = await bed.ListenAsync(new ListenOptions { Limit = limit });
        var (other, handlerOfOther) = await bed.ListenAsync(new ListenOptions { Limit = limit });
        for (var i = 0; i < 4; i++)
        {
            await bed.ConnectAsync(one.LocalEndPoint);
            await bed.ConnectAsync(other.LocalEndPoint);
        }

        await bed.UntilAsync(() => handlerOfOne.Count + handlerOfOther.Count == 3);
        await bed.SettleAsync();
        Assert.Equal(3, handlerOfOne.Count + handlerOfOther.Count);
        for (var served = 4; served <= 8; served++)
        {
            limit.Release();
            await bed.UntilAsync(() => handlerOfOne.Count + handlerOfOther.Count == served);
            Assert.Equal(3, limit.Active);
        }
    });

    [Fact]
    public Task DisposeAsync_OfListenerAtItsLimit_Ends() => RunAsync(async bed =>
    {
        var limit = new ConnectionLimit(1);
        var (listener, handler) = await bed.ListenAsync(new ListenOptions { Limit = limit });
        await bed.ConnectAsync(listener.LocalEndPoint);
        bed.Own(await handler.NextAsync());
        await bed.ConnectAsync(listener.LocalEndPoint);
        await listener.DisposeAsync();
        limit.Release();
        await bed.SettleAsync();
        Assert.Equal((0, 1), (limit.Active, handler.Count));
    });
}
