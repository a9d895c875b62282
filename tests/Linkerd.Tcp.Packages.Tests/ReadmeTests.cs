using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>The programs of the READMEs, as they are printed there, in console projects with the packages that the README says to add and no other.</summary>
public sealed partial class ReadmeTests(ReadmeProjects projects) : IClassFixture<ReadmeProjects>
{
    [Fact]
    public void Programs_OfEveryReadme_BuildWithoutWarnings()
    {
        Feed.Require();
        Assert.Contains("0 Warning(s)", projects.Printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HttpClient_TwoServers_IsBalancedAndRetried()
    {
        Feed.Require();

        // Each run makes one request; with both servers up, either may get it.
        var answers = new HashSet<string>();
        for (var run = 0; run < 60 && answers.Count < 2; run++)
        {
            answers.Add(await RunAsync());
        }

        Assert.Equal(["one", "two"], answers.Order(StringComparer.Ordinal));
        await projects.One.DisposeAsync();
        Assert.Equal("two", await RunAsync());
        Assert.Equal("two", await RunAsync());

        async Task<string> RunAsync()
        {
            await using var process = await ChildProcess.RunAsync(ReadmeProjects.ProgramOf(projects.HttpFolder), [], TestContext.Current.CancellationToken);
            return process.Output.Text;
        }
    }

    // The file of settings is the one of the README; the addresses of this test are in the environment.
    [Fact]
    public async Task Proxy_ClientWithTls_IsAnsweredAndSeenInMetricsAndHealth()
    {
        Feed.Require();
        var folder = projects.ProxyFolder;
        await File.WriteAllTextAsync(Path.Combine(folder, "appsettings.json"), projects.Settings, TestContext.Current.CancellationToken);
        using var authority = new TestCertificateAuthority("authority", DateTimeOffset.UtcNow);
        using var certificate = authority.Issue(new TestCertificate("web.example"));
        await File.WriteAllTextAsync(Path.Combine(folder, "web.pem"), certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "web.key"), TestCertificateAuthority.KeyPem(certificate), TestContext.Current.CancellationToken);

        await using var server = new TcpBackend(Serve.EchoAsync);
        var environment = new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["Proxies__web__routers__0__servers__0__port"] = "0",
            ["Proxies__web__routers__0__servers__0__dstName"] = server.EndPoint.ToString(),
        };
        await using var program = new ChildProcess(ReadmeProjects.ProgramOf(folder), [], environment, folder);
        var web = await FindAsync(program, WebLine);
        var port = await FindAsync(program, ProxyLine);

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture), TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, static (_, certificate, _, _) => certificate?.Subject == "CN=web.example");
        await tls.AuthenticateAsClientAsync("web.example");
        await tls.WriteAsync("ping"u8.ToArray(), TestContext.Current.CancellationToken);
        var answer = new byte[4];
        await tls.ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
        Assert.Equal("ping"u8, answer);

        using var http = new HttpClient { BaseAddress = new Uri(web) };
        Assert.Equal("Healthy", await http.GetStringAsync(new Uri("/health", UriKind.Relative), TestContext.Current.CancellationToken));
        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Matches("(?m)^linkerd_tcp_[a-z_]+\\{", metrics);
    }

    private static async Task<string> FindAsync(ChildProcess program, Regex pattern) =>
        pattern.Match(await program.Output.WaitForAsync(pattern.IsMatch, TestContext.Current.CancellationToken)).Groups["value"].Value;

    [GeneratedRegex(@"Now listening on: (?<value>http://\S+)")]
    private static partial Regex WebLine { get; }

    [GeneratedRegex(@"listening on 0\.0\.0\.0:(?<value>\d+)")]
    private static partial Regex ProxyLine { get; }
}
