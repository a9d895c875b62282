using System.Net;
using System.Net.Http.Headers;
using Linkerd.Tcp.Cli.Admin;
using Linkerd.Tcp.Cli.Logging;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.TestUtilities.Certificates;
using Linkerd.Tcp.TestUtilities.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The admin server in the process of the tests: settings that the command line does not have.</summary>
[Trait("Category", "AnyTransport")]
public sealed class AdminServerTests : IDisposable
{
    private const string Token = "a-token-of-this-test";
    private readonly TemporaryDirectory _files = new();
    private readonly TestCertificateAuthority _authority = new("root", DateTimeOffset.UtcNow);
    private readonly List<string> _log = [];

    public AdminServerTests()
    {
        using var certificate = _authority.Issue(new TestCertificate("admin.example.com"));
        _files.Write("admin.pem", certificate.ExportCertificatePem() + "\n" + TestCertificateAuthority.KeyPem(certificate));
        _files.Write("token", Token);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task Request_OffLoopback_NeedsTheTokenExceptForProbes()
    {
        var admin = new AdminConfiguration { Ip = IPAddress.Any, Port = 0, Tls = new IdentityConfiguration { Certs = [_files["admin.pem"]] }, TokenFile = _files["token"], Hosts = ["admin.example.com"] };
        await using var host = NewHost(admin, new NameTree.Leaf(DstPath.Parse("/$/nil")), new LocalInterpreterConfiguration());
        var (server, address) = await StartAsync(host, admin, static () => ServingPhase.Serving);
        await using (server)
        {
            Assert.StartsWith("https://", address, StringComparison.Ordinal);
            using var client = NewClient(address);
            Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(client, "/live", null));
            Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(client, "/ready", null));
            foreach (var path in (string[])["/config", "/api/v1/sessions", "/api/v1/", "/nowhere"])
            {
                Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync(client, path, null));
                Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync(client, path, "another-token-of-it"));
            }

            Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(client, "/config", Token));
            Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(client, "/nowhere", Token));
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
            var certificates = await client.GetStringAsync("/api/v1/certificates", TestContext.Current.CancellationToken);
            Assert.Contains($"\"side\":\"admin\",\"file\":\"{_files["admin.pem"]}\",\"subject\":\"CN=admin.example.com\",\"names\":[\"admin.example.com\"]", certificates, StringComparison.Ordinal);

            // The token is what the file has now.
            _files.Write("token", "the-next-token-of-this-test");
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync(client, "/config", Token));
            Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(client, "/config", "the-next-token-of-this-test"));
            File.Delete(_files["token"]);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusOfAsync(client, "/config", Token));
        }
    }

    [Fact]
    public async Task Ready_ThroughTheStart_WaitsForListenersAndNames()
    {
        var admin = new AdminConfiguration { Port = 0, ReadyWhenResolved = true };
        var phase = ServingPhase.Starting;
        var unreachable = new NamerdConfiguration { BaseAddresses = [new Uri("http://127.0.0.1:1")] };
        await using var host = NewHost(admin, new NameTree.Leaf(DstPath.Parse("/svc/web")), unreachable);
        var (server, address) = await StartAsync(host, admin, () => phase);
        await using (server)
        {
            using var client = NewClient(address);
            Assert.Contains("Listeners are being bound.", await TextOfAsync(client, "/ready"), StringComparison.Ordinal);
            await host.StartAsync(TestContext.Current.CancellationToken);
            phase = ServingPhase.Serving;
            Assert.Contains("Names were not resolved yet: /svc/web.", await TextOfAsync(client, "/ready"), StringComparison.Ordinal);
            await Eventually.IsTrueAsync(
                async () => (await TextOfAsync(client, "/api/v1/resolvers")).Contains("\"isAvailable\":false", StringComparison.Ordinal), static () => "namerd was not found to be unreachable");
            admin.ReadyWhenResolved = false;
            Assert.Equal("ready\n", await TextOfAsync(client, "/ready"));
            phase = ServingPhase.Draining;
            Assert.Contains("The process is stopping.", await TextOfAsync(client, "/ready"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true, HttpStatusCode.OK)]
    [InlineData(false, HttpStatusCode.Forbidden)]
    public async Task Action_WithoutATokenFile_IsServedIfLoopbackIsOpen(bool isOpen, HttpStatusCode expected)
    {
        var admin = new AdminConfiguration { Port = 0, OpenLoopback = isOpen };
        await using var host = NewHost(admin, new NameTree.Leaf(DstPath.Parse("/$/nil")), new LocalInterpreterConfiguration());
        var (server, address) = await StartAsync(host, admin, static () => ServingPhase.Serving);
        await using (server)
        {
            using var client = NewClient(address);
            using var response = await client.PostAsync("/api/v1/reload", null, TestContext.Current.CancellationToken);
            Assert.Equal(expected, response.StatusCode);
        }
    }

    private static ProxyHost NewHost(AdminConfiguration admin, NameTree target, InterpreterConfiguration interpreter) => new(
        new ProxyConfiguration { Admin = admin, Routers = [new RouterConfiguration { Interpreter = interpreter, Servers = [new ServerConfiguration { Port = 0, DstName = target }] }] }, KnownKinds.Table);

    private static HttpClient NewClient(string address) => new(new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true })
    {
        BaseAddress = new Uri(address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)),
    };

    private static async Task<HttpStatusCode> StatusOfAsync(HttpClient client, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = "admin.example.com";
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static async Task<string> TextOfAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private async Task<(AdminServer Server, string Address)> StartAsync(ProxyHost host, AdminConfiguration admin, Func<ServingPhase> phase)
    {
        using var levels = new LogLevels(LogDirectivesParser.Parse(string.Empty, "info"), TimeProvider.System);
        using var factory = new LoggerFactory([new Lines(_log)]);
        var server = await AdminServer.StartAsync(
            new AdminServices
            {
                Options = admin,
                Host = host,
                Configuration = static () => new ProxyConfiguration(),
                PrintConfiguration = static () => ("text", "text/plain"),
                Phase = phase,
                Levels = levels,
                ReloadAsync = static () => Task.FromResult<(IReadOnlyList<string>, IReadOnlyList<string>)>(([], [])),
                Shutdown = static () => { },
                Abort = static () => { },
                LoggerFactory = factory,
                TimeProvider = TimeProvider.System,
            },
            TestContext.Current.CancellationToken);
        return (server, _log.Single(static line => line.StartsWith("the admin server listens on ", StringComparison.Ordinal))["the admin server listens on ".Length..]);
    }

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName == "Linkerd.Tcp.Admin" ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
