using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>resolve</c> of the real executable, by namerd's mesh interface.</summary>
[Trait("Category", "AnyTransport")]
public sealed class MeshResolveTests : IAsyncLifetime
{
    private NamerdStandIn _namerd = null!;
    private MeshStandIn _mesh = null!;

    public async ValueTask InitializeAsync()
    {
        _namerd = await NamerdStandIn.StartAsync();
        _mesh = await MeshStandIn.StartAsync(_namerd);
        _namerd.SetDtab(
            "default",
            """
            /svc => /#/io.l5d.fs ; /svc/web => 9 * /#/io.l5d.fs/web1 & 0.125 * /#/io.l5d.fs/web2 ; /svc/one => 3 * /#/io.l5d.fs/web1 & 7 * /#/io.l5d.fs/none ;
            /svc/slow => /$/inet/slow.example/80 ; /svc/none => ~ ; /svc/fail => ! ; /svc/empty => $ ; /svc/klass => /$/no.such.Klass/x ;
            /svc/more => /#/io.l5d.fs/web2 | /svc/loop ; /svc/loop => /svc/loop/x ; /svc/loop => /svc/loop
            """);
        _namerd.SetFile("web1", "127.0.0.1 9001\n127.0.0.1 9002 * 3\n");
        _namerd.SetFile("web2", "127.0.0.1 9003\n");
        _namerd.SetHost("slow.example", null);
    }

    public async ValueTask DisposeAsync()
    {
        await _mesh.DisposeAsync();
        await _namerd.DisposeAsync();
    }

    [Fact]
    public async Task Resolve_AName_IsPrintedAsNamerdDelegatesIt() => Assert.Equal(
        (0, """
        /svc/web  first of
        ├─ /svc/web  split  [/svc/web => 9 * /#/io.l5d.fs/web1 & 0.125 * /#/io.l5d.fs/web2]
        │  ├─ 9 * /#/io.l5d.fs/web1  2 endpoints
        │  └─ 0.125 * /#/io.l5d.fs/web2  1 endpoint
        └─ /#/io.l5d.fs/web  negative  [/svc => /#/io.l5d.fs]

        bound, 3 endpoints
            ENDPOINT        WEIGHT  SHARE
            127.0.0.1:9001  1       24.66 %
            127.0.0.1:9002  3       73.97 %
            127.0.0.1:9003  1       1.37 %
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

    [Theory]
    [InlineData("/svc/web")]
    [InlineData("/svc/one")]
    public async Task Resolve_Json_IsWhatNamerdsBindSays(string name)
    {
        var (code, output, error) = await RunAsync("--json", name);
        Assert.Equal((0, string.Empty), (code, error));
        using var http = new HttpClient { BaseAddress = _namerd.BaseAddress };
        var bind = await http.GetStringAsync(new Uri($"api/1/bind/default?path={name}", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.StartsWith($$"""{"bind":{{bind.TrimEnd('\n')}},"endpoints":[""", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/svc/none", "negative: the name does not exist")]
    [InlineData("/svc/fail", "negative (!): the name is not to be found")]
    [InlineData("/svc/empty", "empty ($): the name exists, and is bound to nothing")]
    public async Task Resolve_NameWithoutEndpoints_EndsWith2(string name, string expected)
    {
        var (code, output, error) = await RunAsync(name);
        Assert.Equal((2, string.Empty), (code, error));
        Assert.StartsWith($"{name}  first of\n", output, StringComparison.Ordinal);
        Assert.EndsWith(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_WhatNamerdCannotBind_EndsWith1AndShowsWhere()
    {
        var (code, output, error) = await RunAsync("/svc/klass");
        Assert.Equal((1, $"error: /svc/klass cannot be resolved: namerd at {_mesh.EndPoint} answered /svc/klass with INTERNAL: 'no.such.Klass'"), (code, error));
        Assert.Contains("/$/no.such.Klass/x  error: Unknown namer: no.such.Klass for path: /$/no.such.Klass/x", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_NoNamerd_EndsWith1()
    {
        await _mesh.StopAsync();
        Assert.Equal((1, string.Empty, $"error: /svc/web cannot be resolved: namerd at {_mesh.EndPoint} refused the connection"), await RunAsync("/svc/web"));
    }

    [Fact]
    public async Task Resolve_APendingName_EndsWith3AndShowsWhatIsKnown()
    {
        var (code, output, error) = await RunAsync("--timeout", "1500ms", "/svc/slow");
        Assert.Equal((3, "error: /svc/slow is still pending after 1500ms: waiting for the addresses of /$/inet/slow.example/80"), (code, error));
        Assert.Contains("/$/inet/slow.example/80", output, StringComparison.Ordinal);
    }

    // namerd follows every alternative, here without end, before it says how a name is bound; to what, it knows at once.
    [Fact]
    public async Task Resolve_ADelegationThatNeverComes_IsNotWaitedForLongerThanTheTimeout()
    {
        var (code, output, error) = await RunAsync("--timeout", "1500ms", "/svc/more");
        Assert.Equal((0, string.Empty), (code, error));
        Assert.StartsWith("/svc/more\n└─ /#/io.l5d.fs/web2  1 endpoint\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_ADtabThatChanges_IsPrinted()
    {
        await using var process = new ChildProcess(Executable.FileName, ["resolve", "--watch", "-n", _mesh.Address.ToString(), "/svc/web"]);
        await process.Output.WaitForAsync(line => line.Contains("127.0.0.1:9003", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        _namerd.SetDtab("default", "/svc/web => /#/io.l5d.fs/web2");
        await process.Output.WaitForAsync(line => line == "~ bound to /#/io.l5d.fs/web2", TestContext.Current.CancellationToken);
        await process.Output.WaitForAsync(line => line == "- 127.0.0.1:9001", TestContext.Current.CancellationToken);
        await _mesh.StopAsync();
        await process.Error.WaitForAsync(line => line.Contains(" /svc/web cannot be resolved: namerd at ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        process.Send(Signal.Interrupt);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using var process = await Executable.RunAsync(["resolve", "-n", _mesh.Address.ToString(), .. arguments]);
        return (await process.WaitForExitAsync(TestContext.Current.CancellationToken), process.Output.Text, process.Error.Text);
    }
}
