using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The executable with its admin server on a free port, and a client of it.</summary>
internal sealed partial class AdminProcess : IAsyncDisposable
{
    public const string Token = "right-token-of-this-test-0123456789";

    private readonly TemporaryDirectory _files;

    private AdminProcess(ProxyProcess proxy, TemporaryDirectory files, Uri address)
    {
        (Proxy, _files, Address) = (proxy, files, address);
        Client = new HttpClient { BaseAddress = address };
    }

    public ProxyProcess Proxy { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public IPEndPoint EndPoint => IPEndPoint.Parse(Address.Authority);

    public static async Task<AdminProcess> StartAsync(string target, params string[] options)
    {
        var files = new TemporaryDirectory();
        files.Write("token", Token + "\n");
        var proxy = await Executable.StartAsync(target, ["--admin", "127.0.0.1:0", "--admin-token-file", files["token"], .. options]);
        var line = await proxy.Error.WaitForAsync(static line => ListeningLine().IsMatch(line), TestContext.Current.CancellationToken);
        return new AdminProcess(proxy, files, new Uri(ListeningLine().Match(line).Groups[1].Value));
    }

    /// <summary>Sends a request; with the right token, unless another one is given.</summary>
    public async Task<(HttpStatusCode Status, string Text, HttpResponseMessage Response)> AskAsync(HttpMethod method, string path, string? token = Token, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        request.Content = json is null ? null : new StringContent(json, new MediaTypeHeaderValue("application/json"));
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response);
    }

    public async Task<string> GetAsync(string path)
    {
        var (status, text, _) = await AskAsync(HttpMethod.Get, path, token: null);
        Assert.Equal(HttpStatusCode.OK, status);
        return text;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Proxy.DisposeAsync();
        _files.Dispose();
    }

    [GeneratedRegex(@"the admin server listens on (http\S+)")]
    private static partial Regex ListeningLine();
}
