using System.Net;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The documents of the admin server's state.</summary>
[Trait("Category", "AnyTransport")]
public sealed partial class AdminStateTests
{
    [Fact]
    public async Task Documents_OfEachList_HaveTheirShape()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var admin = await AdminProcess.StartAsync(ProxyProcess.InetName(backend.EndPoint), "--loops", "1", "--transport", "epoll");
        using var client = await ClientSocket.ConnectAsync(admin.Proxy.EndPoint);
        await client.EchoAsync("hello");
        var actual = new List<string>();
        foreach (var list in (string[])["listeners", "routers", "destinations", "endpoints", "sessions", "resolvers", "certificates", "loops"])
        {
            var text = await admin.GetAsync("/api/v1/" + list);
            text = text.Replace($"{admin.Proxy.EndPoint}", "PROXY", StringComparison.Ordinal).Replace($"{backend.EndPoint}", "BACKEND", StringComparison.Ordinal)
                .Replace($"{client.LocalEndPoint}", "CLIENT", StringComparison.Ordinal).Replace(backend.Name, "NAME", StringComparison.Ordinal);
            actual.Add(list + " " + Times().Replace(text, "\"$1\":TIME"));
        }

        Assert.Equal(
            [
                """listeners {"total":1,"offset":0,"limit":100,"items":[{"router":"default","address":"PROXY","key":null,"destination":"NAME","serverNameRules":0,"tls":false,"acceptProxy":false,"sessions":1}]}""",
                """routers {"total":1,"offset":0,"limit":100,"items":[{"label":"default","interpreter":"default","listeners":1,"destinations":1,"sessions":1}]}""",
                """destinations {"total":1,"offset":0,"limit":100,"items":[{"router":"default","name":"NAME","resolution":"bound","error":null,"ageSeconds":TIME,"isStale":false,"endpoints":1,"pendingSessions":0,"updates":1,"failures":0}]}""",
                """endpoints {"total":1,"offset":0,"limit":100,"items":[{"router":"default","destination":"NAME","address":"BACKEND","state":"up","weight":1,"effectiveWeight":1,"open":1,"pending":0,"probeAfterSeconds":null,"connectLatencySeconds":TIME,"picks":1,"connectFailures":0,"ejections":0}]}""",
                """sessions {"total":1,"offset":0,"limit":100,"items":[{"id":1,"router":"default","phase":"copying","listener":"PROXY","client":"CLIENT","peer":"CLIENT","serverName":null,"protocol":null,"name":"NAME","endpoint":"BACKEND","start":TIME,"ageSeconds":TIME,"bytesFromClient":5,"bytesToServer":5,"bytesFromServer":5,"bytesToClient":5}]}""",
                """resolvers {"total":1,"offset":0,"limit":100,"items":[{"router":"default","interpreter":"default","servers":[],"names":1,"lastAnswers":[{"name":"NAME","resolution":"bound","error":null,"ageSeconds":TIME}]}]}""",
                """certificates {"total":0,"offset":0,"limit":100,"items":[]}""",
                """loops {"total":1,"offset":0,"limit":100,"items":[{"index":0,"connections":2,"busySeconds":TIME}]}""",
            ],
            actual);
    }

    [Fact]
    public async Task Sessions_FilterSortAndPage_GiveThoseThatFit()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var admin = await AdminProcess.StartAsync(ProxyProcess.InetName(backend.EndPoint));
        var clients = new List<System.Net.Sockets.Socket>();
        for (var i = 1; i <= 3; i++)
        {
            clients.Add(await ClientSocket.ConnectAsync(admin.Proxy.EndPoint));
            await clients[^1].EchoAsync(new string('x', i));
        }

        Assert.Equal(["3", "2"], await IdsAsync(admin, "sort=-bytes&limit=2"));
        Assert.Equal(["2"], await IdsAsync(admin, "sort=id&offset=1&limit=1"));
        Assert.Equal(["3"], await IdsAsync(admin, "sort=id&after=2"));
        Assert.Equal(["1", "2", "3"], await IdsAsync(admin, "sort=-age&client=127.0.0.1&phase=copying"));
        Assert.Equal(["2"], await IdsAsync(admin, $"client={Uri.EscapeDataString($"{clients[1].LocalEndPoint}")}"));
        Assert.Empty(await IdsAsync(admin, "name=/svc/other"));
        Assert.Empty(await IdsAsync(admin, "sort=id&offset=9000"));
        clients.ForEach(static client => client.Dispose());
    }

    [Theory]
    [InlineData("limit=0", "The parameter limit was expected to be a number from 1 to 1000.")]
    [InlineData("limit=1001", "The parameter limit was expected to be a number from 1 to 1000.")]
    [InlineData("offset=-1", "The parameter offset was expected to be a number from 0 to 1073741823.")]
    [InlineData("sort=port", "The parameter sort was expected to be one of id, age, bytes, with a minus before it for the largest first.")]
    [InlineData("sort=id&offset=9950", "The parameters offset and limit were expected to be at most 10000 together with sort; use filters for a smaller list.")]
    [InlineData("limt=1", "A parameter of the query is not known; did you mean limit? Expected router, listener, client, name, endpoint, phase, after, sort, offset, limit.")]
    [InlineData("limit=1&limit=2", "The parameter limit is given several times; expected once.")]
    [InlineData("after=x", "The parameter after was expected to be the id of a session.")]
    public async Task Query_ThatIsNotValid_IsAProblem(string query, string expected)
    {
        await using var admin = await AdminProcess.StartAsync("/$/nil");
        var (status, text, _) = await admin.AskAsync(HttpMethod.Get, "/api/v1/sessions?" + query, token: null);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal($$"""{"type":"about:blank","title":"Bad Request","status":400,"detail":"{{expected}}"}""", text);
    }

    [Fact]
    public async Task Config_OfACommandLine_HasKeysAndNoToken()
    {
        await using var admin = await AdminProcess.StartAsync("/$/nil");
        var text = await admin.GetAsync("/config");
        Assert.Contains("dstName: /$/nil\n", text, StringComparison.Ordinal);
        Assert.Contains("tokenFile: /", text, StringComparison.Ordinal);
        Assert.DoesNotContain(AdminProcess.Token, text, StringComparison.Ordinal);
    }

    private static async Task<IEnumerable<string>> IdsAsync(AdminProcess admin, string query) =>
        Ids().Matches(await admin.GetAsync("/api/v1/sessions?" + query)).Select(static match => match.Groups[1].Value);

    [GeneratedRegex("\"id\":([0-9]+)")]
    private static partial Regex Ids();

    [GeneratedRegex("\"(ageSeconds|connectLatencySeconds|busySeconds|start)\":(\"[^\"]*\"|[-0-9.E]+)")]
    private static partial Regex Times();
}
