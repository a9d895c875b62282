using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>resolve</c> of the real executable, by namerd.</summary>
[Trait("Category", "AnyTransport")]
public sealed class NamerdResolveTests : IAsyncLifetime
{
    private NamerdStandIn _namerd = null!;

    public async ValueTask InitializeAsync()
    {
        _namerd = await NamerdStandIn.StartAsync();
        _namerd.SetDtab("default", "/svc => /#/io.l5d.fs ; /svc/web => 9 * /#/io.l5d.fs/web1 & 1 * /#/io.l5d.fs/web2 ; /svc/slow => /$/inet/slow.example/80");
        _namerd.SetFile("web1", "127.0.0.1 9001\n127.0.0.1 9002\n");
        _namerd.SetFile("web2", "127.0.0.1 9003\n");
        _namerd.SetHost("slow.example", null);
    }

    public ValueTask DisposeAsync() => _namerd.DisposeAsync();

    [Fact]
    public async Task Resolve_AName_IsPrintedAsNamerdDelegatesIt() => Assert.Equal(
        (0, """
        /svc/web  first of
        ├─ /svc/web  split  [/svc/web => 9 * /#/io.l5d.fs/web1 & /#/io.l5d.fs/web2]
        │  ├─ 9 * /#/io.l5d.fs/web1  2 endpoints
        │  └─ 1 * /#/io.l5d.fs/web2  1 endpoint
        └─ /#/io.l5d.fs/web  negative  [/svc => /#/io.l5d.fs]

        bound, 3 endpoints
            ENDPOINT        WEIGHT  SHARE
            127.0.0.1:9001  1       45 %
            127.0.0.1:9002  1       45 %
            127.0.0.1:9003  1       10 %
        """, string.Empty),
        await RunAsync("/svc/web"));

    [Fact]
    public async Task Resolve_ATreeWithAnOverride_IsSentToNamerd()
    {
        var (code, output, error) = await RunAsync("--namerd-dtab", "/svc/web => /#/io.l5d.fs/web2", "/svc/none | /svc/web");
        Assert.Equal((0, string.Empty), (code, error));
        Assert.Contains("/target => /svc/none | /svc/web", output, StringComparison.Ordinal);
        Assert.EndsWith("127.0.0.1:9003  1       100 %", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_Json_IsWhatNamerdsBindSays()
    {
        var (code, output, error) = await RunAsync("--json", "/svc/web");
        Assert.Equal((0, string.Empty), (code, error));
        using var http = new HttpClient { BaseAddress = _namerd.BaseAddress };
        var bind = await http.GetStringAsync(new Uri("api/1/bind/default?path=%2Fsvc%2Fweb", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.StartsWith($$"""{"bind":{{bind.TrimEnd('\n')}},"endpoints":[""", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_APendingName_EndsWith3()
    {
        var (code, output, error) = await RunAsync("--timeout", "500ms", "/svc/slow");
        Assert.Equal((3, string.Empty), (code, output));
        Assert.StartsWith("error: /svc/slow is still pending after 500ms: waiting for ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_NegativeName_EndsWith2()
    {
        var (code, output, error) = await RunAsync("-N", "nowhere", "/svc/web");
        Assert.Equal((2, string.Empty), (code, error));
        Assert.EndsWith("negative: the name does not exist", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_NoNamerd_EndsWith1()
    {
        await _namerd.StopAsync();
        var (code, output, error) = await RunAsync("/svc/web");
        Assert.Equal((1, string.Empty), (code, output));
        Assert.Equal($"error: /svc/web cannot be resolved: namerd at http://{_namerd.EndPoint} refused the connection", error);
    }

    [Fact]
    public async Task Watch_ADtabThatChanges_IsPrinted()
    {
        await using var process = new ChildProcess(Executable.FileName, ["resolve", "--watch", "-n", $"{_namerd.EndPoint}", "/svc/web"]);
        await process.Output.WaitForAsync(line => line.Contains("127.0.0.1:9003", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        _namerd.SetDtab("default", "/svc/web => /#/io.l5d.fs/web2");
        await process.Output.WaitForAsync(line => line == "~ bound to /#/io.l5d.fs/web2", TestContext.Current.CancellationToken);
        await process.Output.WaitForAsync(line => line == "- 127.0.0.1:9001", TestContext.Current.CancellationToken);
        await _namerd.StopAsync();
        await process.Error.WaitForAsync(line => line.Contains(" /svc/web cannot be resolved: namerd at ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        process.Send(Signal.Interrupt);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using var process = await Executable.RunAsync(["resolve", "-n", $"{_namerd.EndPoint}", .. arguments]);
        return (await process.WaitForExitAsync(TestContext.Current.CancellationToken), process.Output.Text, process.Error.Text);
    }
}
