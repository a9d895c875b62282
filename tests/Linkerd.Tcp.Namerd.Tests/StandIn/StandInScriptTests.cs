using System.Net;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>What a test scripts of a name is what all three endpoints say of it.</summary>
public sealed class StandInScriptTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<NameState, string, string> Names => new()
    {
        { NameState.Bound.Ports(80), """{"type":"leaf","bound":{"addr":ADDR,"id":"/#/scripted/default/svc/web","path":"/"}}""", """{"type":"bound","addrs":[{"ip":"127.0.0.1","port":80,"meta":{}}],"meta":{}}""" },
        { new NameState.Bound([]), """{"type":"leaf","bound":{"addr":ADDR,"id":"/#/scripted/default/svc/web","path":"/"}}""", """{"type":"bound","addrs":[],"meta":{}}""" },
        { new NameState.Failed("broken"), """{"type":"leaf","bound":{"addr":ADDR,"id":"/#/scripted/default/svc/web","path":"/"}}""", """{"type":"failed","cause":"broken"}""" },
        { new NameState.Neg(), """{"type":"neg"}""", """{"type":"neg"}""" },
        { new NameState.Fail(), """{"type":"fail"}""", """{"type":"neg"}""" },
        { new NameState.Empty(), """{"type":"empty"}""", """{"type":"neg"}""" },
        { new NameState.Leaf("/#/io.l5d.fs/web", "/rest"), """{"type":"leaf","bound":{"addr":ADDR,"id":"/#/io.l5d.fs/web","path":"/rest"}}""", """{"type":"bound","addrs":[{"ip":"127.0.0.1","port":9,"meta":{}}],"meta":{}}""" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Set_State_BindAndResolveSayIt(NameState state, string bind, string addresses)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        using var client = new HttpClient { BaseAddress = namerd.BaseAddress };
        namerd.SetFile("web", "127.0.0.1 9\n");
        namerd.Set("/svc/web", state);

        Assert.Equal(bind.Replace("ADDR", addresses, StringComparison.Ordinal) + "\n", await GetAsync(client, "bind/default?path=/svc/web"));
        Assert.Equal(addresses + "\n", await GetAsync(client, "resolve/default?path=/svc/web"));
    }

    [Fact]
    public async Task Set_Union_IsAUnionOfIdsOfWhichAddrKnows()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        using var client = new HttpClient { BaseAddress = namerd.BaseAddress };
        namerd.Set("/svc/web", new NameState.Union([(9, NameState.Bound.Ports(80)), (0.5, NameState.Bound.Ports(81)), (1, new NameState.Neg())]));

        Assert.Equal(
            """{"type":"union","union":[{"weight":9.0,"tree":{"type":"leaf","bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":80,"meta":{}}],"meta":{"namer_nametree_weight":9.0}},"id":"/#/scripted.0/default/svc/web","path":"/"}}},{"weight":0.5,"tree":{"type":"leaf","bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":81,"meta":{}}],"meta":{"namer_nametree_weight":0.5}},"id":"/#/scripted.1/default/svc/web","path":"/"}}}]}""" + "\n",
            await GetAsync(client, "bind/default?path=/svc/web"));
        Assert.Equal("""{"type":"bound","addrs":[{"ip":"127.0.0.1","port":81,"meta":{}}],"meta":{}}""" + "\n", await GetAsync(client, "addr/default?path=/%23/scripted.1/default/svc/web"));
    }

    [Fact]
    public async Task Set_BindErrorAndStatus_AnswerRequestsButLeaveTheAddressesAlone()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        using var client = new HttpClient { BaseAddress = namerd.BaseAddress };
        namerd.Set("/svc/web", NameState.Bound.Ports(80));

        namerd.Set("/svc/web", new NameState.BindError("broken"));
        Assert.Equal(HttpStatusCode.InternalServerError, await StatusAsync(client, "bind/default?path=/svc/web"));
        Assert.Equal("broken\n", await GetAsync(client, "bind/default?path=/svc/web&watch=1"));
        Assert.Contains("80", await GetAsync(client, "addr/default?path=/%23/scripted/default/svc/web"), StringComparison.Ordinal);

        namerd.Set("/svc/web", new NameState.HttpStatus(503, "later"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(client, "bind/default?path=/svc/web&watch=1"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(client, "addr/default?path=/%23/scripted/default/svc/web"));
    }

    [Fact]
    public async Task SetId_State_IsWhatAddrSaysAndGoesBeforeTheFile()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        using var client = new HttpClient { BaseAddress = namerd.BaseAddress };
        namerd.SetFile("web", "127.0.0.1 9\n");
        namerd.SetId("/#/io.l5d.fs/web", NameState.Bound.Ports(10));
        Assert.Contains("10", await GetAsync(client, "addr/default?path=/%23/io.l5d.fs/web"), StringComparison.Ordinal);

        namerd.SetId("/#/io.l5d.fs/web", null);
        Assert.Contains("9", await GetAsync(client, "addr/default?path=/%23/io.l5d.fs/web"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BindWatch_LeafPending_HoldsBackTheEventsBehindIt()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        using var client = new HttpClient { BaseAddress = namerd.BaseAddress };
        namerd.SetId("/#/x/slow", new NameState.Pending());
        namerd.SetId("/#/x/fast", NameState.Bound.Ports(1));
        namerd.SetDtab("default", "/svc => /#/x/slow");
        await using var stream = await client.GetStreamAsync(new Uri("api/1/bind/default?path=/svc&watch=1", UriKind.Relative), Cancellation);
        using var reader = new StreamReader(stream);
        await namerd.WaitForWatchesAsync(1, Cancellation);
        namerd.SetDtab("default", "/svc => /#/x/fast");
        Assert.Equal(0, namerd.EventCount);

        namerd.SetId("/#/x/slow", new NameState.Neg());
        Assert.Contains("/#/x/slow", await reader.ReadLineAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("/#/x/fast", await reader.ReadLineAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StopAsync_Grace_WatchesAreSilentUntilItIsOver()
    {
        var time = new ManualTime();
        await using var namerd = await NamerdStandIn.StartAsync(time: time);
        using var client = new HttpClient { BaseAddress = namerd.BaseAddress };
        namerd.Set("/svc/web", NameState.Bound.Ports(80));
        await using var stream = await client.GetStreamAsync(new Uri("api/1/resolve/default?path=/svc/web&watch=1", UriKind.Relative), Cancellation);
        using var reader = new StreamReader(stream);
        Assert.NotNull(await reader.ReadLineAsync(Cancellation));

        var stopping = namerd.StopAsync(TimeSpan.FromSeconds(10));
        await time.WaitForTimerAsync(10, 10);
        namerd.Set("/svc/web", NameState.Bound.Ports(81));
        using var late = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => late.GetAsync(namerd.BaseAddress, Cancellation));
        time.Advance(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAnyAsync<IOException>(async () => await reader.ReadLineAsync(Cancellation));
        await stopping;
    }

    private static Task<string> GetAsync(HttpClient client, string target) => client.GetStringAsync(new Uri($"api/1/{target}", UriKind.Relative), Cancellation);

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string target)
    {
        using var answer = await client.GetAsync(new Uri($"api/1/{target}", UriKind.Relative), Cancellation);
        return answer.StatusCode;
    }
}
