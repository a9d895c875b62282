using System.Net;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Access to the admin server: hosts, origins, tokens, and secrets that must not leak.</summary>
[Trait("Category", "AnyTransport")]
public sealed class AdminSecurityTests
{
    private const string Reload = "/api/v1/reload";

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("localhost:80", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("[::1]:9989", HttpStatusCode.OK)]
    [InlineData("evil.example.com", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost.example.com", HttpStatusCode.MisdirectedRequest)]
    [InlineData("10.0.0.1", HttpStatusCode.MisdirectedRequest)]
    [InlineData("0.0.0.0", HttpStatusCode.MisdirectedRequest)]
    public async Task Host_OfARequest_IsChecked(string host, HttpStatusCode expected)
    {
        await using var admin = await AdminProcess.StartAsync("/$/nil");
        Assert.Equal(expected, (await admin.AskAsync(HttpMethod.Get, "/live", null, null, ("Host", host))).Status);
        Assert.Equal(expected, (await admin.AskAsync(HttpMethod.Post, Reload, AdminProcess.Token, null, ("Host", host))).Status);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example.com", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "@", HttpStatusCode.OK)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.OK)]
    public async Task Action_OfAPage_IsServedForTheSameOriginOnly(string header, string value, HttpStatusCode expected)
    {
        await using var admin = await AdminProcess.StartAsync("/$/nil");
        var (status, _, response) = await admin.AskAsync(HttpMethod.Post, Reload, AdminProcess.Token, null, (header, value == "@" ? admin.Address.GetLeftPart(UriPartial.Authority) : value));
        Assert.Equal(expected, status);
        Assert.DoesNotContain(response.Headers, static header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Action_WithoutOrWithAWrongToken_IsRefusedAndLoggedWithoutIt()
    {
        await using var admin = await AdminProcess.StartAsync("/$/nil");
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.AskAsync(HttpMethod.Post, Reload, token: null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.AskAsync(HttpMethod.Post, Reload, "wrong-token-0123456789")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.AskAsync(HttpMethod.Post, $"{Reload}?access_token={AdminProcess.Token}", token: null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.AskAsync(HttpMethod.Post, Reload, null, null, ("Cookie", $"token={AdminProcess.Token}"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.AskAsync(HttpMethod.Post, Reload, null, null, ("Authorization", $"Basic {AdminProcess.Token}"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await admin.AskAsync(HttpMethod.Post, Reload)).Status);
        await admin.Proxy.Error.WaitForAsync(static line => line.EndsWith(": reload: done", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Contains("POST /api/v1/reload was refused: its bearer token is wrong", admin.Proxy.Error.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-token", admin.Proxy.Error.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(AdminProcess.Token, admin.Proxy.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Action_WithGet_IsNotAllowed()
    {
        await using var admin = await AdminProcess.StartAsync("/$/nil");
        foreach (var path in (string[])[Reload, "/shutdown", "/abort"])
        {
            var (status, text, response) = await admin.AskAsync(HttpMethod.Get, path, token: null);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, status);
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
            Assert.Contains("\"status\":405", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Secret_InEveryPlaceOfARequest_IsInNoAnswerAndNoLog()
    {
        const string Secret = "s3cr3t-0123456789-abcdef";
        await using var admin = await AdminProcess.StartAsync("/$/nil");
        Assert.Equal(HttpStatusCode.OK, (await admin.AskAsync(HttpMethod.Put, "/api/v1/log-level", json: """{"level":"trace"}""")).Status);
        foreach (var path in (string[])["/config", "/api/v1/sessions", "/api/v1/log-level", "/nowhere", Reload, "/metrics"])
        {
            foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, new(Secret)])
            {
                foreach (var (suffix, token, json, headers) in (IEnumerable<(string, string?, string?, (string, string)[])>)
                [
                    ("", Secret, null, []), ($"?{Secret}={Secret}", null, null, []), ($"/{Secret}", null, null, []), ("", AdminProcess.Token, $"{{\"level\":1,\"{Secret}\":\"{Secret}\"}}", []),
                    ("", null, null, [("Cookie", Secret), ("X-Token", Secret), ("Authorization", $"Basic {Secret}")]), ("", null, null, [("Host", Secret)]), ("", null, null, [("Origin", $"https://{Secret}")]),
                    ($"?sort={Secret}", null, null, []), ($"?limit={Secret}", null, null, []),
                ])
                {
                    var (_, text, response) = await admin.AskAsync(method, path + suffix, token, json, headers);
                    Assert.DoesNotContain(Secret, text, StringComparison.OrdinalIgnoreCase);
                    Assert.DoesNotContain(AdminProcess.Token, text, StringComparison.Ordinal);
                    Assert.DoesNotContain(Secret, $"{response.Headers}{response.Content.Headers}", StringComparison.OrdinalIgnoreCase);
                }
            }
        }

        Assert.DoesNotContain(Secret, admin.Proxy.Error.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(AdminProcess.Token, admin.Proxy.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_OfAPath_HasMode0600AndNeedsNoToken()
    {
        using var files = new TemporaryDirectory();
        var path = files["admin.sock"];
        await using (var proxy = await Executable.StartAsync("/$/nil", "--admin", "unix:" + path))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(path).UnixFileMode);
            await using var curl = await ChildProcess.RunAsync("curl", ["-s", "--unix-socket", path, "-X", "POST", "http://localhost/api/v1/reload"], TestContext.Current.CancellationToken);
            Assert.Equal("{\"result\":\"reloaded\"}", curl.Output.Text);
            proxy.Send(Signal.Kill);
            await proxy.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        // The file of the process that was killed is no obstacle; one of another kind is.
        Assert.True(File.Exists(path));
        await using (var again = await Executable.StartAsync("/$/nil", "--admin", "unix:" + path))
        {
            again.Send(Signal.Terminate);
            Assert.Equal(0, await again.WaitForExitAsync(TestContext.Current.CancellationToken));
        }

        Assert.False(File.Exists(path));
        await File.WriteAllTextAsync(path, "", TestContext.Current.CancellationToken);
        await using var wrong = await Executable.RunAsync("/$/nil", "-l", "127.0.0.1:0", "--admin", "unix:" + path);
        Assert.Equal(1, await wrong.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Contains($"error: the admin server cannot listen on {path}: there is a file that is no socket of this user", wrong.Error.Text, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task Start_OffLoopbackWithoutTlsAndWithABadToken_ExitsWith78AndAllProblems()
    {
        await using var proxy = await Executable.RunAsync("/$/nil", "--admin", "0.0.0.0:0", "--admin-token-file", "/nowhere/token");
        Assert.Equal(78, await proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            ["error: admin.tls: an identity was expected, as 0.0.0.0 is no loopback address, and a token must not be sent without TLS.", "error: --admin-token-file: /nowhere/token: there is no such file"],
            proxy.Error.Lines);
    }
}
