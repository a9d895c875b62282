using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Linkerd.Tcp.PublicApi.Tests.Embedding;

namespace Linkerd.Tcp.PublicApi.Tests.Snippets;

/// <summary>The two programs of the README of Linkerd.Tcp.Hosting: they are short, and do what they are for.</summary>
public sealed class HostingReadmeTests
{
    private const string Page = "src/Linkerd.Tcp.Hosting/README.md";

    [Fact]
    public async Task Proxy_InTwentyLines_HasTlsMetricsAndHealth()
    {
        var snippet = Find("AddTcpProxy", most: 20);
        await using var server = new EchoServer();
        var folder = Directory.CreateTempSubdirectory();
        var (port, web) = (FreePort(), FreePort());
        WriteCertificate(folder.FullName);
        using var program = new RunningProgram(snippet, folder.FullName, new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{web}",
            ["Proxies__web__routers__0__servers__0__port"] = port.ToString(CultureInfo.InvariantCulture),
            ["Proxies__web__routers__0__servers__0__dstName"] = server.Address.ToString()!,
            ["Proxies__web__routers__0__servers__0__tls__defaultIdentity__certs__0"] = Path.Combine(folder.FullName, "web.pem"),
            ["Proxies__web__routers__0__servers__0__tls__defaultIdentity__privateKey"] = Path.Combine(folder.FullName, "web.key"),
        });
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{web}") };
        await program.WaitAsync(async () => await http.GetStringAsync(new Uri("/health", UriKind.Relative), TestContext.Current.CancellationToken) == "Healthy");

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, static (_, certificate, _, _) => certificate?.Subject == "CN=web.example");
        await tls.AuthenticateAsClientAsync("web.example");
        await tls.WriteAsync("ping"u8.ToArray(), TestContext.Current.CancellationToken);
        var buffer = new byte[4];
        await tls.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal("ping", Encoding.UTF8.GetString(buffer));
        Assert.Contains("linkerd_tcp_", await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task HttpClient_InTenLines_IsBalancedAndRetried()
    {
        var snippet = Find("UseTcpDestination", most: 10);
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var serving = AnswerAsync(server);

        // Nothing listens at the first address: the connect is retried on the other one.
        var code = snippet.Code.Replace("127.0.0.1:8081", $"127.0.0.1:{FreePort()}", StringComparison.Ordinal).Replace("127.0.0.1:8082", server.LocalEndpoint.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(snippet.Code, code);
        using var program = new RunningProgram(snippet with { Code = code }, AppContext.BaseDirectory, []);
        Assert.Equal("hello\n", await program.ReadToEndAsync());
        await serving;
    }

    private static async Task AnswerAsync(TcpListener server)
    {
        using var connection = await server.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await connection.ReceiveAsync(new byte[4096], TestContext.Current.CancellationToken);
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"u8.ToArray(), TestContext.Current.CancellationToken);
    }

    private static Snippet Find(string method, int most)
    {
        var snippet = Snippet.Read(Page, File.ReadAllText(Path.Combine(Repository.Root, Page))).First(snippet => snippet.Code.Contains(method, StringComparison.Ordinal));
        Assert.InRange(snippet.Code.Split('\n').Count(static line => line.Length > 0), 1, most);
        return snippet;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void WriteCertificate(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=web.example", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("web.example");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90));
        File.WriteAllText(Path.Combine(folder, "web.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "web.key"), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A snippet that runs in a process of its own, with the assemblies and the frameworks of this one.</summary>
    private sealed class RunningProgram : IDisposable
    {
        private readonly string _file = Path.Combine(AppContext.BaseDirectory, $"snippet-{Guid.NewGuid():n}.dll");
        private readonly Process _process;

        public RunningProgram(Snippet snippet, string folder, Dictionary<string, string> environment)
        {
            Assert.Empty(SnippetCompiler.Compile(snippet, Path.GetFileNameWithoutExtension(_file), _file));
            var framework = Path.Combine(AppContext.BaseDirectory, Assembly.GetExecutingAssembly().GetName().Name + ".runtimeconfig.json");
            var start = new ProcessStartInfo("dotnet", ["exec", "--runtimeconfig", framework, _file]) { WorkingDirectory = folder, RedirectStandardOutput = true };
            foreach (var (name, value) in environment)
            {
                start.Environment[name] = value;
            }

            _process = Process.Start(start)!;
        }

        public async Task<string> ReadToEndAsync() => await _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1));

        /// <summary>Asks until it is so, while the program runs.</summary>
        public async Task WaitAsync(Func<Task<bool>> condition)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (true)
            {
                try
                {
                    if (await condition())
                    {
                        return;
                    }
                }
                catch (HttpRequestException)
                {
                    // It does not listen yet, or is not healthy yet.
                }

                Assert.False(_process.HasExited, "the program has ended");
                await timer.WaitForNextTickAsync(patience.Token);
            }
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
                _process.WaitForExit();
            }

            _process.Dispose();
            File.Delete(_file);
        }
    }
}
