using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// The requests that a browser sends for a page of another site, word for word, against an admin server whose actions need no token (admin.openLoopback), which is the one that such a page could do harm to.
/// </summary>
[Trait("Category", "AnyTransport")]
public sealed class AdminBrowserTests : IAsyncLifetime
{
    private const string Evil = "https://evil.example.com";

    // The header fields of Chrome's fetch specification (fetch metadata), by the kind of request.
    private static readonly Dictionary<string, (HttpMethod Method, string? MediaType, (string, string)[] Headers)> Requests = new()
    {
        ["fetch, no-cors, text/plain"] = (HttpMethod.Post, "text/plain", [("Origin", Evil), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "empty")]),
        ["form"] = (HttpMethod.Post, "application/x-www-form-urlencoded", [("Origin", Evil), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-User", "?1")]),
        ["form with a file"] = (HttpMethod.Post, "multipart/form-data", [("Origin", Evil), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]),
        ["sandboxed frame, or a file"] = (HttpMethod.Post, "text/plain", [("Origin", "null"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]),
        ["page on another port of this machine"] = (HttpMethod.Post, "text/plain", [("Origin", "http://localhost:3000"), ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "cors")]),
        ["beacon"] = (HttpMethod.Post, "text/plain", [("Origin", Evil), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Content-Type", "text/plain;charset=UTF-8")]),
        ["browser without fetch metadata"] = (HttpMethod.Post, "text/plain", [("Origin", Evil), ("Referer", Evil + "/")]),
        ["fetch, cors, json"] = (HttpMethod.Post, "application/json", [("Origin", Evil), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "cors")]),
        ["PUT"] = (HttpMethod.Put, "application/json", [("Origin", Evil), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "cors")]),
        ["site without an origin"] = (HttpMethod.Post, null, [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]),
        ["preflight"] = (HttpMethod.Options, null, [("Origin", Evil), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "cors")]),
        ["preflight of a private network"] = (HttpMethod.Options, null, [("Origin", Evil), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Private-Network", "true"), ("Sec-Fetch-Site", "cross-site")]),
    };

    private readonly TemporaryFolder _folder = new();
    private ConfiguredAdmin _admin = null!;

    public static TheoryData<string> Names => [.. Requests.Keys];

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_folder.File("open.yml"), "admin: {port: 0, openLoopback: true}\nrouters: [{servers: [{port: 0, dstName: /$/nil}]}]\n", TestContext.Current.CancellationToken);
        _admin = await ConfiguredAdmin.StartAsync(_folder.File("open.yml"));
    }

    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Request_OfAPageOfAnotherSite_DoesNothingOnAnyPath(string name)
    {
        var (method, mediaType, headers) = Requests[name];
        foreach (var path in (string[])["/shutdown", "/abort", "/api/v1/reload", "/api/v1/log-level", "/config", "/metrics", "/live"])
        {
            var content = mediaType is null ? null : new StringContent("{\"level\":\"trace\"}", Encoding.UTF8, new MediaTypeHeaderValue(mediaType));
            var (status, _, response) = await _admin.AskAsync(method, path, null, content, [.. headers.Where(static header => header.Item1 != "Content-Type")]);
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, status));
            IsUnreadable(response);
        }

        await DidNothingAsync();
    }

    [Theory]
    [InlineData("cors", "empty")]
    [InlineData("no-cors", "script")]
    [InlineData("no-cors", "image")]
    [InlineData("navigate", "iframe")]
    public async Task Get_OfAPageOfAnotherSite_CannotBeReadOrFramed(string mode, string destination)
    {
        foreach (var path in (string[])["/config", "/api/v1/sessions", "/metrics", "/shutdown", "/abort", "/api/v1/reload"])
        {
            var (_, _, response) = await _admin.AskAsync(HttpMethod.Get, path, null, null, ("Origin", Evil), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination));
            IsUnreadable(response);
        }

        await DidNothingAsync();
    }

    [Theory]
    [InlineData("evil.example.com")]
    [InlineData("localhost.evil.example.com")]
    [InlineData("127.0.0.1.evil.example.com")]
    [InlineData("192.0.2.1")]
    public async Task Request_OfAReboundName_IsRefusedThoughItIsOfTheSameOrigin(string name)
    {
        // To the browser, the page and this server are one site.
        var host = $"{name}:{_admin.Address.Port}";
        foreach (var (method, path) in ((HttpMethod, string)[])[(HttpMethod.Get, "/config"), (HttpMethod.Get, "/api/v1/sessions"), (HttpMethod.Get, "/metrics"), (HttpMethod.Post, "/shutdown"), (HttpMethod.Post, "/abort"), (HttpMethod.Put, "/api/v1/log-level")])
        {
            var (status, text, _) = await _admin.AskAsync(method, path, null, null, ("Host", host), ("Origin", $"http://{host}"), ("Sec-Fetch-Site", "same-origin"));
            Assert.Equal(HttpStatusCode.MisdirectedRequest, status);
            Assert.DoesNotContain("dstName", text, StringComparison.Ordinal);
        }

        await DidNothingAsync();
    }

    [Fact]
    public async Task WebSocket_OfAPageOfAnotherSite_IsNotOpened()
    {
        foreach (var path in (string[])["/", "/config", "/api/v1/sessions", "/shutdown"])
        {
            using var socket = await ClientSocket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _admin.Address.Port));
            await socket.SendTextAsync(
                $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{_admin.Address.Port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: {Evil}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: websocket\r\n\r\n");
            var answer = await ReadHeadAsync(socket);
            Assert.DoesNotContain("HTTP/1.1 101", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("Sec-WebSocket-Accept", answer, StringComparison.OrdinalIgnoreCase);
        }

        await DidNothingAsync();
    }

    [Fact]
    public async Task Request_OfTheServersOwnPage_IsServed()
    {
        var origin = _admin.Address.GetLeftPart(UriPartial.Authority);
        Assert.Equal(HttpStatusCode.OK, (await _admin.AskAsync(HttpMethod.Post, "/api/v1/reload", null, null, ("Origin", origin), ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await _admin.AskAsync(HttpMethod.Get, "/config", null, null, ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate"))).Status);
    }

    // A page can read an answer only with Access-Control-Allow-Origin; it cannot embed one that is of the same origin only.
    private static void IsUnreadable(HttpResponseMessage response)
    {
        Assert.DoesNotContain(response.Headers, static header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(["same-origin"], response.Headers.GetValues("Cross-Origin-Resource-Policy"));
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["default-src 'none'; frame-ancestors 'none'"], response.Headers.GetValues("Content-Security-Policy"));
        Assert.DoesNotContain(response.Headers, static header => header.Key == "Set-Cookie");
    }

    private static async Task<string> ReadHeadAsync(System.Net.Sockets.Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[1024];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var count)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    private async Task DidNothingAsync()
    {
        Assert.Equal("{\"level\":\"info\",\"until\":null}", (await _admin.AskAsync(HttpMethod.Get, "/api/v1/log-level", null, null)).Text);
        Assert.Equal("ready\n", await ReadyAsync());
        Assert.DoesNotContain(_admin.Process.Error.Lines, static line => line.EndsWith(": reload: done", StringComparison.Ordinal) || line.Contains("stopping", StringComparison.Ordinal));
    }

    private async Task<string> ReadyAsync()
    {
        var text = string.Empty;
        await Eventually.IsTrueAsync(async () => (text = (await _admin.AskAsync(HttpMethod.Get, "/ready", null, null)).Text) == "ready\n", () => text);
        return text;
    }
}
