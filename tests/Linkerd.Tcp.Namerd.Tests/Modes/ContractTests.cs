using System.Collections.Concurrent;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>Every request, byte for byte.</summary>
public sealed class ContractTests
{
    private const string Dtab = "/svc => /#/io.l5d.fs ; /svc/* => 0.125 * /a & 3 * (! | $) | ~";
    private const string SentDtab = "&dtab=%2Fsvc%3D%3E%2F%23%2Fio.l5d.fs%3B%2Fsvc%2F%2A%3D%3E0.125%2A%2Fa%263%2A%28%21%7C%24%29%7C~";

    [Theory]
    [InlineData(NamerdMode.Bind, "", "bind/default?path=%2Fsvc%2Fweb&watch=true", "addr/default?path=%2F%23%2Fio.l5d.fs%2Fweb&watch=true")]
    [InlineData(NamerdMode.Bind, Dtab, "bind/default?path=%2Fsvc%2Fweb" + SentDtab + "&watch=true", "addr/default?path=%2F%23%2Fio.l5d.fs%2Fweb&watch=true")]
    [InlineData(NamerdMode.Poll, "", "bind/default?path=%2Fsvc%2Fweb", "addr/default?path=%2F%23%2Fio.l5d.fs%2Fweb")]
    [InlineData(NamerdMode.Poll, Dtab, "bind/default?path=%2Fsvc%2Fweb" + SentDtab, "addr/default?path=%2F%23%2Fio.l5d.fs%2Fweb")]
    [InlineData(NamerdMode.Resolve, "", "resolve/default?path=%2Fsvc%2Fweb&watch=true", null)]
    [InlineData(NamerdMode.Resolve, Dtab, "resolve/default?path=%2Fsvc%2Fweb" + SentDtab + "&watch=true", null)]
    public async Task Requests_EveryMode_AreTheseBytes(NamerdMode mode, string dtab, string first, string? second)
    {
        var heads = new ConcurrentQueue<string>();
        await using var server = RawServer.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                heads.Enqueue(request);
                var document = request.Contains("/bind/", StringComparison.Ordinal) ? Questions.Leaf("/#/io.l5d.fs/web") : NamerdHttp.Bound(1);
                await connection.SendAsync(request.Contains("watch", StringComparison.Ordinal) ? NamerdHttp.WatchHead + NamerdHttp.Chunk(document) : NamerdHttp.Answer(document));
            }
        });
        await using var watcher = new Watcher(server.BaseAddress, mode, change: options => options.With(own => own.Dtab = Naming.Dtab.Parse(dtab)));

        await watcher.NextIsAsync(1);

        string[] expected = second is null ? [first] : [first, second];
        Assert.Equal(expected.Select(target => $"GET /api/1/{target} HTTP/1.1\r\nHost: {server.EndPoint}\r\n\r\n"), heads);
    }

    [Fact]
    public void SentDtab_ReadBack_IsTheSame() => Assert.Equal(Naming.Dtab.Parse(Dtab), Naming.Dtab.Parse(Uri.UnescapeDataString(SentDtab["&dtab=".Length..])));

    [Fact]
    public async Task Delegate_IsTheseBytes_AndTheDocumentAsItCame()
    {
        await using var server = RawServer.Answering(NamerdHttp.Answer("""{"type":"neg","path":"/svc/web"}"""));
        await using var resolver = new NamerdResolver(new NamerdOptions { BaseAddresses = [server.BaseAddress], Dtab = Naming.Dtab.Parse("/a=>/b"), Namespace = "ns" });

        var document = await resolver.DelegateAsync(DstPath.Parse("/svc/web"), TestContext.Current.CancellationToken);

        Assert.Equal("""{"type":"neg","path":"/svc/web"}""", System.Text.Encoding.UTF8.GetString(document.Span));
        Assert.Equal(["GET /api/1/delegate/ns?path=%2Fsvc%2Fweb&dtab=%2Fa%3D%3E%2Fb HTTP/1.1"], server.Requests);
    }

    [Fact]
    public async Task Delegate_FirstIsDown_AsksTheSecondAndOtherwiseSaysWhy()
    {
        await using var down = await NamerdStandIn.StartAsync();
        await down.StopAsync();
        await using var server = RawServer.Answering(NamerdHttp.Answer("Request timed out.", "503 Service Unavailable", ""));
        await using var resolver = new NamerdResolver(new NamerdOptions { BaseAddresses = [down.BaseAddress, server.BaseAddress] });

        var exception = await Assert.ThrowsAnyAsync<IOException>(() => resolver.DelegateAsync(DstPath.Parse("/svc/web"), TestContext.Current.CancellationToken));

        Assert.Contains("503 Service Unavailable: 'Request timed out.'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dtab_TooLongForAnyName_IsRefusedWhenTheResolverIsMade()
    {
        var dtab = Naming.Dtab.Parse(string.Join(';', Enumerable.Range(0, 300).Select(i => $"/svc/{i}=>/x")));

        var exception = Assert.Throws<InvalidOptionsException>(() => new NamerdResolver(new NamerdOptions { Dtab = dtab }));

        Assert.Matches("is [0-9]{4} bytes long, [0-9]{4} of them for the dtab that is appended, and namerd takes 4096: the dtab is too long", exception.Message);
    }

    [Theory]
    [InlineData(NamerdMode.Bind)]
    [InlineData(NamerdMode.Resolve)]
    [InlineData(NamerdMode.Poll)]
    public async Task Name_TooLong_IsFailedAndNeverAsked(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var watcher = new Watcher(namerd.BaseAddress, mode, $"/svc/{new string('x', 4096)}");

        await watcher.NextFailsAsync("and namerd takes 4096: the name is too long");

        Assert.Equal(0, namerd.ConnectionCount);
    }

    [Fact]
    public void RequestLine_OfExactlyTheLimit_IsTaken()
    {
        var options = new NamerdOptions();
        var shortest = $"GET {new NamerdRequest(options, "bind", DstPath.Parse("/x")).Target(watch: true)} HTTP/1.1".Length;
        var longest = DstPath.Parse("/" + new string('x', NamerdRequest.MaxRequestLine - shortest + 1));

        Assert.Null(new NamerdRequest(options, "bind", longest).TooLong(string.Empty));
        Assert.NotNull(new NamerdRequest(options, "bind", longest).TooLong("/"));
    }
}
