using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class ListenerConformanceTests
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
        var listener = bed.Own(await bed.Transport.ListenAsync(new TransportListenOptions { EndPoint = bed.FreeAddress }, Cancelled));
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
        var listener = bed.Own(await bed.Transport.ListenAsync(new TransportListenOptions { EndPoint = bed.FreeAddress }, Cancelled));
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
        Assert.False((await bed.Transport.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), Cancelled)).IsConnected);
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
        var again = bed.Own(await bed.Transport.ListenAsync(new TransportListenOptions { EndPoint = listener.LocalEndPoint }, Cancelled));
        Assert.Equal(listener.LocalEndPoint.ToString(), again.LocalEndPoint.ToString());
    });

    [Fact]
    public Task Limit_Reached_NextConnectionWaitsForRelease() => RunAsync(async bed =>
    {
        var limit = new ConnectionLimit(2);
        var (listener, handler) = await bed.ListenAsync(new TransportListenOptions { Limit = limit });
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
        var (one, handlerOfOne) = await bed.ListenAsync(new TransportListenOptions { Limit = limit });
        var (other, handlerOfOther) = await bed.ListenAsync(new TransportListenOptions { Limit = limit });
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
        var (listener, handler) = await bed.ListenAsync(new TransportListenOptions { Limit = limit });
        await bed.ConnectAsync(listener.LocalEndPoint);
        bed.Own(await handler.NextAsync());
        await bed.ConnectAsync(listener.LocalEndPoint);
        await listener.DisposeAsync();
        limit.Release();
        await bed.SettleAsync();
        Assert.Equal((0, 1), (limit.Active, handler.Count));
    });

    [Fact]
    public Task DisposeAsync_OfListenerWithABacklog_HandsOutThoseWhoHadConnected() => RunAsync(async bed =>
    {
        const int Clients = 20;
        var limit = Full(Clients);
        var (listener, handler) = await bed.ListenAsync(new TransportListenOptions { Limit = limit });
        var clients = await ConnectAsync(bed, listener, Clients);
        await bed.SettleAsync();
        Assert.Equal(0, handler.Count);
        Release(limit, Clients);
        await listener.DisposeAsync();
        Assert.Equal((Clients, Clients), (handler.Count, limit.Active));
        await ExpectServedAsync(bed, handler, clients);
    });

    [Fact]
    public Task DisposeAsync_OfListenerWithABacklogBeyondItsLimit_ResetsTheRest() => RunAsync(async bed =>
    {
        var limit = Full(3);
        var (listener, handler) = await bed.ListenAsync(new TransportListenOptions { Limit = limit });
        var clients = await ConnectAsync(bed, listener, 5);
        await bed.SettleAsync();
        Release(limit, 3);
        await listener.DisposeAsync();
        Assert.Equal((3, 3), (handler.Count, limit.Active));
        for (var i = 0; i < 3; i++)
        {
            await bed.Own(await handler.NextAsync()).SendTextAsync("x");
        }

        var ends = await Task.WhenAll(clients.Select(async client => (await client.TakeAsync()).Status));
        Assert.Equal((3, 2), (ends.Count(end => end == TransportStatus.Ok), ends.Count(end => end == TransportStatus.Reset)));
    });

    [Fact]
    public Task DisposeAsync_OfListenerThatWasNotStarted_ResetsItsBacklog() => RunAsync(async bed =>
    {
        var listener = bed.Own(await bed.Transport.ListenAsync(new TransportListenOptions { EndPoint = bed.FreeAddress }, Cancelled));
        var client = await bed.ConnectAsync(listener.LocalEndPoint);
        await listener.DisposeAsync();
        Assert.Equal(TransportStatus.Reset, (await client.TakeAsync()).Status);
    });

    [Fact]
    public Task DisposeAsync_WhileClientsConnect_LosesNobodyWhoHasConnected() => RunAsync(async bed =>
    {
        for (var round = 0; round < Math.Min(5, bed.Rounds); round++)
        {
            var (listener, handler) = await bed.ListenAsync();
            var clients = Enumerable.Range(0, 4).Select(_ => ConnectUntilItEndsAsync(listener)).ToList();
            await bed.UntilAsync(() => handler.Count >= 20);
            await listener.DisposeAsync();
            await ExpectServedAsync(bed, handler, [.. (await Task.WhenAll(clients)).SelectMany(connected => connected)]);
        }

        async Task<List<TransportConnection>> ConnectUntilItEndsAsync(ITransportListener listener)
        {
            var connected = new List<TransportConnection>();
            var options = new TransportConnectOptions { Timeout = TimeSpan.FromMilliseconds(300) };
            while (connected.Count < 100 && await bed.Transport.ConnectAsync(listener.LocalEndPoint, options, Cancelled) is { Connection: { } connection })
            {
                connected.Add(connection);
            }

            return connected;
        }
    });

    private static ConnectionLimit Full(int maximum)
    {
        var limit = new ConnectionLimit(maximum);
        while (limit.TryAcquire())
        {
        }

        return limit;
    }

    private static void Release(ConnectionLimit limit, int places)
    {
        for (var i = 0; i < places; i++)
        {
            limit.Release();
        }
    }

    private static async Task<List<TransportConnection>> ConnectAsync(TransportBed bed, ITransportListener listener, int count)
    {
        var clients = new List<TransportConnection>();
        for (var i = 0; i < count; i++)
        {
            clients.Add(await bed.ConnectAsync(listener.LocalEndPoint));
        }

        return clients;
    }

    // A client that gave its connect up may have been accepted all the same.
    private static async Task ExpectServedAsync(TransportBed bed, RecordingHandler handler, List<TransportConnection> clients)
    {
        for (var i = handler.Count; i > 0; i--)
        {
            await bed.Own(await handler.NextAsync()).TrySendAsync("x"u8.ToArray());
        }

        foreach (var client in clients)
        {
            bed.Own(client);
            Assert.Equal("x", await client.ReadTextAsync(1));
        }
    }
}
