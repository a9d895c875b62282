using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>resolve</c> of the real executable, by the embedded interpreter.</summary>
[Trait("Category", "AnyTransport")]
public sealed class ResolveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Resolve_ASplitWithAFallBack_IsPrintedStepByStep()
    {
        await WriteAsync("web1", "127.0.0.1 9001\n127.0.0.1 9002 * 3\n");
        await WriteAsync("web2", "::1 9003\n");
        Assert.Equal(
            (0, """
            /svc/web  first of
            ├─ /svc/web  split  [/svc/web => 9 * /#/io.l5d.fs/web1 & /#/io.l5d.fs/web2]
            │  ├─ 9 * /#/io.l5d.fs/web1  2 endpoints
            │  └─ 1 * /#/io.l5d.fs/web2  1 endpoint
            └─ /#/io.l5d.fs/web  negative  [/svc => /#/io.l5d.fs]

            bound, 3 endpoints
                ENDPOINT        WEIGHT  SHARE
                127.0.0.1:9001  1       22.5 %
                127.0.0.1:9002  3       67.5 %
                [::1]:9003      1       10 %
            """, string.Empty),
            await RunAsync("--disco", _folder.Path, "--dtab", "/svc => /#/io.l5d.fs ; /svc/web => 9 * /#/io.l5d.fs/web1 & 1 * /#/io.l5d.fs/web2", "/svc/web"));
    }

    [Fact]
    public async Task Resolve_DiscoAlone_HasTheDefaultDtab()
    {
        await WriteAsync("web", "127.0.0.1 9001\n");
        Assert.Equal(
            (0, """
            /svc/web/and/more
            └─ /#/io.l5d.fs/web/and/more = /#/io.l5d.fs/web and then /and/more  1 endpoint  [/svc => /#/io.l5d.fs]

            bound, 1 endpoint
                ENDPOINT        WEIGHT  SHARE
                127.0.0.1:9001  1       100 %
            """, string.Empty),
            await RunAsync("--disco", _folder.Path, "/svc/web/and/more"));
    }

    [Theory]
    [InlineData("/svc/none", 2, "negative: the name does not exist")]
    [InlineData("/$/fail", 2, "negative (!): the name is not to be found")]
    [InlineData("!", 2, "negative (!): the name is not to be found")]
    [InlineData("~", 2, "negative: the name does not exist")]
    [InlineData("$", 2, "empty ($): the name exists, and is bound to nothing")]
    [InlineData("/$/nil/x", 2, "empty ($): the name exists, and is bound to nothing")]
    [InlineData("/svc/empty", 0, "bound, to no endpoint")]
    public async Task Resolve_NamesWithoutEndpoints_HaveTheirExitCode(string name, int exitCode, string expected)
    {
        await WriteAsync("empty", string.Empty);
        var (code, output, error) = await RunAsync("--disco", _folder.Path, name);
        Assert.Equal((exitCode, string.Empty), (code, error));
        Assert.EndsWith(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_WhatFails_EndsWith1AndSaysWhy()
    {
        await WriteAsync("bad", "127.0.0.1 9001\nbad line here\n");
        var (code, output, error) = await RunAsync("--disco", _folder.Path, "/svc/bad");
        Assert.Equal(1, code);
        Assert.Contains("malformed address: bad line here", output, StringComparison.Ordinal);
        Assert.StartsWith("error: /svc/bad cannot be resolved: ", error, StringComparison.Ordinal);
        Assert.Contains("malformed address: bad line here", error, StringComparison.Ordinal);
        (code, _, error) = await RunAsync("--dtab", "/loop => /loop", "/loop");
        Assert.Equal(1, code);
        Assert.StartsWith("error: /loop cannot be resolved: Max recursion level: 100 reached", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_Json_IsOneDocumentWithTheBoundTreeOfNamerd()
    {
        await WriteAsync("web1", "127.0.0.1 9001\n127.0.0.1 9002 * 0.25\n");
        await WriteAsync("web2", "::1 9003\n");
        var (code, output, error) = await RunAsync("--json", "--disco", _folder.Path, "9 * /#/io.l5d.fs/web1 & 1 * /#/io.l5d.fs/web2/x");
        Assert.Equal((0, string.Empty), (code, error));
        Assert.Equal(
            """
            {"bind":{"type":"union","union":[{"weight":9.0,"tree":{"type":"leaf","bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":9001,"meta":{}},{"ip":"127.0.0.1","port":9002,"meta":{"endpoint_addr_weight":0.25}}],"meta":{"namer_nametree_weight":9.0}},"id":"/#/io.l5d.fs/web1","path":"/"}}},{"weight":1.0,"tree":{"type":"leaf","bound":{"addr":{"type":"bound","addrs":[{"ip":"0:0:0:0:0:0:0:1","port":9003,"meta":{}}],"meta":{"namer_nametree_weight":1.0}},"id":"/#/io.l5d.fs/web2","path":"/x"}}}]},"endpoints":[{"address":"127.0.0.1:9001","weight":1.0,"share":0.72},{"address":"127.0.0.1:9002","weight":0.25,"share":0.18},{"address":"[::1]:9003","weight":1.0,"share":0.1}]}
            """, output);
    }

    [Fact]
    public async Task Resolve_JsonOfANegativeName_IsADocumentToo() =>
        Assert.Equal((2, """{"bind":{"type":"neg"},"endpoints":[]}""", string.Empty), await RunAsync("--json", "--dtab", "/a => /b", "/svc/none"));

    [Fact]
    public async Task Resolve_JsonOfAFailedAddress_IsADocumentToo()
    {
        await WriteAsync("bad", "bad line here\n");
        var (code, output, error) = await RunAsync("--json", "--disco", _folder.Path, "/svc/bad");
        Assert.Equal(1, code);
        Assert.StartsWith("""{"bind":{"type":"leaf","bound":{"addr":{"type":"failed","cause":""", output, StringComparison.Ordinal);
        Assert.StartsWith("error: /svc/bad cannot be resolved: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_JsonOfAFailedBinding_IsADocumentToo()
    {
        var (code, output, error) = await RunAsync("--json", "--dtab", "/loop => /loop", "/loop");
        Assert.Equal((1, """{"bind":{"type":"failed","cause":"Max recursion level: 100 reached in Namer lookup"},"endpoints":[]}"""), (code, output));
        Assert.StartsWith("error: /loop cannot be resolved: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_JsonOfAPendingName_IsADocumentToo()
    {
        // Somebody listens there, and answers nothing.
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        var (code, output, _) = await RunAsync("--json", "--timeout", "200ms", "-n", silent.LocalEndPoint!.ToString()!, "/svc/web");
        Assert.Equal((3, """{"bind":{"type":"pending"},"endpoints":[]}"""), (code, output));
    }

    [Fact]
    public async Task Resolve_AddressesWithCommas_AreOneSetOfEqualEndpoints() => Assert.Equal(
        (0, """
        /target  split  [/target => /$/inets/10.0.0.1/80/10.0.0.2/80 & /$/inet/localhost/81]
        ├─ 1 * /$/inets/10.0.0.1/80/10.0.0.2/80  2 endpoints
        └─ 1 * /$/inet/localhost/81  1 endpoint

        bound, 3 endpoints
            ENDPOINT      WEIGHT  SHARE
            10.0.0.1:80   1       25 %
            10.0.0.2:80   1       25 %
            127.0.0.1:81  1       50 %
        """, string.Empty),
        await RunAsync("10.0.0.1:80,10.0.0.2:80 & localhost:81"));

    [Fact]
    public async Task Watch_ChangesOfTheFiles_ArePrintedUntilASignal()
    {
        await WriteAsync("web", "127.0.0.1 9001\n");
        await using var process = new ChildProcess(Executable.FileName, ["resolve", "--watch", "--disco", _folder.Path, "/svc/web | /$/inet/127.0.0.1/1"]);
        await process.Output.WaitForAsync(line => line.EndsWith("127.0.0.1:9001  1       100 %", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await WriteAsync("web", "127.0.0.1 9001 * 3\n127.0.0.1 9002\n");
        await process.Output.WaitForAsync(line => line == "~ 127.0.0.1:9001  weight 1 -> 3  share 75 %", TestContext.Current.CancellationToken);
        await process.Output.WaitForAsync(line => line == "+ 127.0.0.1:9002  weight 1  share 25 %", TestContext.Current.CancellationToken);
        File.Delete(_folder.File("web"));
        await process.Output.WaitForAsync(line => line == "~ bound to /$/inet/127.0.0.1/1", TestContext.Current.CancellationToken);
        await process.Output.WaitForAsync(line => line == "- 127.0.0.1:9002", TestContext.Current.CancellationToken);
        process.Send(Signal.Interrupt);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.All(process.Output.Lines.Where(line => line.Contains("bound, ", StringComparison.Ordinal)), line => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z bound, \d endpoint", line));
        Assert.Empty(process.Error.Text);
    }

    [Fact]
    public async Task Watch_Json_IsADocumentForEachChange()
    {
        await WriteAsync("web", "127.0.0.1 9001\n");
        await using var process = new ChildProcess(Executable.FileName, ["resolve", "--watch", "--json", "--disco", _folder.Path, "/svc/web"]);
        await process.Output.WaitForAsync(line => line.Contains("\"port\":9001", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await WriteAsync("web", "127.0.0.1 9002\n");
        await process.Output.WaitForAsync(line => line.Contains("\"port\":9002", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        process.Send(Signal.Terminate);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.All(process.Output.Lines, line => Assert.Equal("leaf", JsonDocument.Parse(line).RootElement.GetProperty("bind").GetProperty("type").GetString()));
        Assert.Equal(2, process.Output.Lines.Count);
    }

    private async Task WriteAsync(string file, string text)
    {
        await File.WriteAllTextAsync(_folder.File(".new"), text, TestContext.Current.CancellationToken);
        File.Move(_folder.File(".new"), _folder.File(file), overwrite: true);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using var process = await Executable.RunAsync(["resolve", .. arguments]);
        return (await process.WaitForExitAsync(TestContext.Current.CancellationToken), process.Output.Text, process.Error.Text);
    }
}
