using System.Net;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Each action with a missing, a wrong and the right token.</summary>
[Trait("Category", "AnyTransport")]
public sealed class AdminActionTests
{
    [Theory]
    [InlineData("POST", "/api/v1/reload", null, HttpStatusCode.OK)]
    [InlineData("PUT", "/api/v1/log-level", """{"level":"debug"}""", HttpStatusCode.OK)]
    [InlineData("POST", "/shutdown", null, HttpStatusCode.Accepted)]
    [InlineData("POST", "/abort", null, HttpStatusCode.Accepted)]
    public async Task Action_WithEachToken_IsDoneWithTheRightOneOnly(string method, string path, string? json, HttpStatusCode expected)
    {
        await using var admin = await AdminProcess.StartAsync("/$/nil");
        foreach (var wrong in (string?[])[null, "wrong-token-0123456789", AdminProcess.Token + "x", AdminProcess.Token[..^1], AdminProcess.Token.ToUpperInvariant()])
        {
            var (status, text, response) = await admin.AskAsync(new HttpMethod(method), path, wrong, json);
            Assert.Equal((HttpStatusCode.Unauthorized, wrong), (status, wrong));
            Assert.Equal("Bearer realm=\"linkerd-tcp\"", $"{Assert.Single(response.Headers.WwwAuthenticate)}");
            Assert.Contains(wrong is null ? "This needs a bearer token: Authorization: Bearer TOKEN." : "The bearer token is wrong.", text, StringComparison.Ordinal);
        }

        Assert.Equal("{\"level\":\"info\",\"until\":null}", await admin.GetAsync("/api/v1/log-level"));
        Assert.Equal("ready\n", await admin.GetAsync("/ready"));
        Assert.DoesNotContain(admin.Proxy.Error.Lines, static line => line.Contains("stopping", StringComparison.Ordinal) || line.EndsWith(": done", StringComparison.Ordinal));
        Assert.Equal(expected, (await admin.AskAsync(new HttpMethod(method), path, AdminProcess.Token, json)).Status);
        if (expected == HttpStatusCode.Accepted)
        {
            Assert.Equal(path == "/abort" ? 1 : 0, await admin.Proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
        }
    }
}
