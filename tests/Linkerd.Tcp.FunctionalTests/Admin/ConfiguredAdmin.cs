using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The executable with a configuration file that has an admin server, and a client that believes any certificate.</summary>
internal sealed partial class ConfiguredAdmin : IAsyncDisposable
{
    private ConfiguredAdmin(ChildProcess process, Uri address)
    {
        (Process, Address) = (process, address);
        Client = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true, AllowAutoRedirect = false }) { BaseAddress = address };
    }

    public ChildProcess Process { get; }

    /// <summary>Gets the address of the admin server, on loopback.</summary>
    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>Starts it, and waits for the admin server, not for the proxy.</summary>
    public static async Task<ConfiguredAdmin> StartAsync(string file)
    {
        var process = new ChildProcess(Executable.FileName, ["--config", file], new Dictionary<string, string?> { ["LINKERD_TCP_LOG"] = "info", ["RUST_LOG"] = null });
        try
        {
            var line = await process.Error.WaitForAsync(static line => ListeningLine().IsMatch(line), TestContext.Current.CancellationToken);
            return new(process, new Uri(ListeningLine().Match(line).Groups[1].Value.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a request with any headers, and a token if one is given.</summary>
    public async Task<(HttpStatusCode Status, string Text, HttpResponseMessage Response)> AskAsync(HttpMethod method, string path, string? token, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Process.DisposeAsync();
    }

    [GeneratedRegex(@"the admin server listens on (http\S+)")]
    private static partial Regex ListeningLine();
}
