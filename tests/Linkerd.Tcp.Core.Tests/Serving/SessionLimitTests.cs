using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Each limit: at it, beyond it, and after a place came back. Who is refused sees a RST, never an empty FIN.</summary>
public sealed class SessionLimitTests
{
    [Fact]
    public Task MaxSessionsOfListener_Reached_NextClientWaitsAndIsServedLater() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => own.MaxSessions = 2));
        var first = await bed.ConnectServedAsync(backend);
        await bed.ConnectServedAsync(backend);
        var third = await bed.ConnectAsync();
        await third.SendTextAsync("third");
        await bed.DelayAsync(60_000);
        Assert.Equal((2, 2), (bed.Proxy.ActiveSessions, backend.Accepted.Count));

        first.Abort();
        await bed.UntilAsync(() => backend.Accepted.Count == 3);
        Assert.Equal("third", await backend.Accepted[2].ReadTextAsync(5));
        Assert.Equal(0, bed.Counters.CountAll("linkerd.tcp.sessions.refused"));
    });

    [Fact]
    public Task MaxSessionsOfListener_Reached_OtherListenerHasTheRestOfTheWhole() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener().With(own => own.MaxSessions = 1), bed.NewListener()], MaxSessions = 3 });
        await bed.ResolvedAsync();
        var one = await bed.ConnectServedAsync(backend, listener: 0);
        await bed.ConnectAsync(listener: 0);
        var two = await bed.ConnectServedAsync(backend, listener: 1);
        await bed.ConnectServedAsync(backend, listener: 1);
        var fourth = await bed.ConnectAsync(listener: 1);
        await fourth.SendTextAsync("4");
        await bed.DelayAsync(60_000);
        Assert.Equal((3, 3), (bed.Proxy.ActiveSessions, backend.Accepted.Count));

        // A place of the second listener serves its fourth client; one of the first listener the client that waits there.
        two.Abort();
        await bed.UntilAsync(() => backend.Accepted.Count == 4);
        Assert.Equal("4", await backend.Accepted[3].ReadTextAsync(1));
        one.Abort();
        await bed.UntilAsync(() => backend.Accepted.Count == 5);
        Assert.Equal(3, bed.Proxy.ActiveSessions);
    });

    [Fact]
    public Task AcceptRate_Exceeded_ClientsAreResetUntilTimeHasBroughtMore() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => { own.AcceptRate = 0.5; own.AcceptBurst = 3; }));
        for (var i = 0; i < 3; i++)
        {
            await bed.ConnectServedAsync(backend);
        }

        await bed.ConnectRefusedAsync();
        await bed.ConnectRefusedAsync();
        Assert.Equal((2, 2, 3), (bed.Refused("accept_rate"), bed.Closed("PA:accept_rate"), bed.Proxy.ActiveSessions));
        Assert.Equal(5, bed.Counters.Count("linkerd.tcp.sessions.accepted"));

        await bed.DelayAsync(2_000);
        await bed.ConnectServedAsync(backend);
        await bed.ConnectRefusedAsync();

        // After a long pause a burst, and no more than that.
        await bed.DelayAsync(3_600_000);
        for (var i = 0; i < 3; i++)
        {
            await bed.ConnectServedAsync(backend);
        }

        await bed.ConnectRefusedAsync();
        Assert.Equal(4, bed.Refused("accept_rate"));
        Assert.Equal(4, bed.Counters.CountAll("linkerd.tcp.sessions.refused"));
    });

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(2.5, 3)]
    [InlineData(4, 4)]
    public Task AcceptBurst_NotSet_IsOneSecondsWorth(double rate, int burst) => SimulatedProxy.RunAsync(async bed =>
    {
        // Links without delay: all come in the same moment.
        bed.Network.DefaultLink = new SimulatedLinkOptions { Latency = TimeSpan.Zero };
        await bed.StartAsync(bed.NewListener().With(own => own.AcceptRate = rate));
        for (var i = 0; i < burst + 2; i++)
        {
            await bed.ConnectAsync();
        }

        await bed.UntilAsync(() => bed.Refused("accept_rate") == 2);
        Assert.Equal(burst, bed.Proxy.ActiveSessions);
    });

    [Fact]
    public Task AcceptRate_OverAnHour_LetsTheRateThrough() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Network.DefaultLink = new SimulatedLinkOptions { Latency = TimeSpan.Zero };
        await bed.StartAsync(bed.NewListener().With(own => { own.AcceptRate = 2; own.AcceptBurst = 10; }));
        for (var i = 0; i < 600; i++)
        {
            (await bed.ConnectAsync()).Abort();
            await bed.DelayAsync(100);
        }

        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        Assert.InRange(600 - bed.Refused("accept_rate"), 128, 131);
    });

    [Fact]
    public Task MaxSessionsPerClient_Reached_OnlyThatClientIsReset() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => own.MaxSessionsPerClient = 2));
        var first = await bed.ConnectServedAsync(backend);
        await bed.ConnectServedAsync(backend);
        await bed.ConnectRefusedAsync();
        await bed.ConnectServedAsync(backend, bed.ClientAt("10.9.0.1"));
        Assert.Equal((1, 1, 3), (bed.Refused("client_sessions"), bed.Closed("PA:client_sessions"), bed.Proxy.ActiveSessions));

        await bed.EndAsync(first);
        await bed.ConnectServedAsync(backend);
        await bed.ConnectRefusedAsync();
        Assert.Equal(2, bed.Counters.CountAll("linkerd.tcp.sessions.refused"));
    });

    [Fact]
    public Task MaxSessionsPerClient_AddressesOfOneClient_ShareItsPlaces() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => own.MaxSessionsPerClient = 1));
        await bed.ConnectServedAsync(backend, bed.ClientAt("192.0.2.1"));
        await bed.ConnectRefusedAsync(bed.ClientAt("::ffff:192.0.2.1"));
        await bed.ConnectServedAsync(backend, bed.ClientAt("::ffff:192.0.2.2"));
        await bed.ConnectServedAsync(backend, bed.ClientAt("2001:db8::1"));
        await bed.ConnectRefusedAsync(bed.ClientAt("2001:db8::ffff:1"));
        await bed.ConnectServedAsync(backend, bed.ClientAt("2001:db8:0:1::1"));
        Assert.Equal(2, bed.Refused("client_sessions"));
    });

    [Fact]
    public Task MaxSessionsPerClient_Refuses_TakesNothingOfTheAcceptRate() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => { own.MaxSessionsPerClient = 1; own.AcceptRate = 0.001; own.AcceptBurst = 2; }));
        await bed.ConnectServedAsync(backend);
        for (var i = 0; i < 10; i++)
        {
            await bed.ConnectRefusedAsync();
        }

        await bed.ConnectServedAsync(backend, bed.ClientAt("10.9.0.1"));
        await bed.ConnectRefusedAsync(bed.ClientAt("10.9.0.2"));
        Assert.Equal((10, 1), (bed.Refused("client_sessions"), bed.Refused("accept_rate")));
    });

    [Fact]
    public Task DestinationSessions_Reached_ClientsOfEveryListenerAreReset() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        var listener = bed.NewListener().With(own => { own.MaxSessionsPerClient = 2; own.AcceptRate = 0.001; own.AcceptBurst = 3; });
        await bed.StartAsync(new TcpProxyOptions { Listeners = [listener, bed.NewListener()] }, destinationSessions: 2);
        await bed.ResolvedAsync();
        var first = await bed.ConnectServedAsync(backend, listener: 0);
        await bed.ConnectServedAsync(backend, listener: 1);
        await bed.ConnectRefusedAsync(listener: 1);
        for (var i = 0; i < 5; i++)
        {
            await bed.ConnectRefusedAsync(listener: 0);
        }

        Assert.Equal((6, 6, 2), (bed.Refused("destination_sessions"), bed.Closed("PA:destination_sessions"), bed.Proxy.ActiveSessions));

        // The refused ones kept no place of their client's, and no token.
        await bed.EndAsync(first);
        await bed.ConnectServedAsync(backend, listener: 0);
        Assert.Equal(6, bed.Counters.CountAll("linkerd.tcp.sessions.refused"));
        Assert.Equal(2, bed.Destination.SessionLimit!.Active);
    });

    [Fact]
    public Task DestinationSessions_SessionIsNotServed_ItsPlaceIsFreeAgain() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => own.MaxSessionsPerClient = 1), destinationSessions: 1);
        backend.Endpoint.Refuse();
        for (var i = 0; i < 3; i++)
        {
            await bed.ConnectRefusedAsync();
            await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        }

        Assert.Equal(3, bed.Closed("SC"));
        backend.Endpoint.Heal();
        await bed.ConnectServedAsync(backend);
        Assert.Equal(0, bed.Counters.CountAll("linkerd.tcp.sessions.refused"));
    });

    [Fact]
    public Task Refused_ManyTimes_IsLoggedOnceWithTheClient() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => own.MaxSessionsPerClient = 1));
        await bed.ConnectServedAsync(backend);
        for (var i = 0; i < 10; i++)
        {
            await bed.ConnectRefusedAsync();
        }

        Assert.Equal(1, bed.Logs.Count(4005));
        await bed.DelayAsync(10_000);
        await bed.ConnectRefusedAsync();
        var messages = bed.Logs.Entries.Where(entry => entry.Id == 4005).Select(entry => entry.Message).ToArray();
        Assert.StartsWith($"{bed.ClientHost.Address}:", messages[0], StringComparison.Ordinal);
        Assert.EndsWith("to /svc/web was refused: client_sessions (0 like this not shown)", messages[0], StringComparison.Ordinal);
        Assert.EndsWith("(9 like this not shown)", messages[1], StringComparison.Ordinal);
    });

    [Fact]
    public Task Refused_AtAccept_LeavesNoDescriptorAndNoPlaceBehind() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => { own.MaxSessions = 2; own.MaxSessionsPerClient = 1; }));
        await bed.ConnectServedAsync(backend);
        for (var i = 0; i < 10; i++)
        {
            await bed.ConnectRefusedAsync();
        }

        // Two of the session; a refused client that held its place of the listener would keep this one waiting.
        Assert.Equal(2, bed.ProxyHost.Descriptors);
        await bed.ConnectServedAsync(backend, bed.ClientAt("10.9.0.1"));
    });
}
