using System.Globalization;
using System.Net;
using Linkerd.Tcp.Dns;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>dnsmasq on a port of loopback, for the domain <c>test</c> alone, with a hosts file that can be changed.</summary>
internal sealed class DnsServer : IAsyncDisposable
{
    private static readonly Signal HangUp = new(1);
    private readonly TemporaryFolder _folder = new();
    private readonly ChildProcess _process;

    private DnsServer(string program, string[] hosts, int ttl, string[] options)
    {
        EndPoint = FreePort.NextEndPoint();
        File.WriteAllLines(HostsFile, hosts);
        File.WriteAllText(ResolverFile, "search test\n");
        _process = new ChildProcess(program,
        [
            "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=", "--log-facility=-", "--log-queries",
            "--bind-interfaces", "--listen-address=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--port={EndPoint.Port}"),
            string.Create(CultureInfo.InvariantCulture, $"--local-ttl={ttl}"), "--local=/test/", $"--addn-hosts={HostsFile}", $"--user={Environment.UserName}", .. options,
        ]);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>What it logs: each question is a line with <c>query[A] web.test</c> and such.</summary>
    public LineLog Log => _process.Error;

    /// <summary>The options to ask it with, and nothing of the machine.</summary>
    public DnsNamerOptions Options => new()
    {
        NameServers = [EndPoint],
        ResolverFile = ResolverFile,
        HostsFile = _folder.File("no-hosts"),
        Timeout = TimeSpan.FromMilliseconds(500),
    };

    private string HostsFile => _folder.File("hosts");

    private string ResolverFile => _folder.File("resolv.conf");

    /// <summary>Starts it; skips the test where it is not installed.</summary>
    public static async Task<DnsServer> StartAsync(string[] hosts, int ttl = 1, params string[] options)
    {
        var server = new DnsServer(Require.Program("dnsmasq"), hosts, ttl, options);
        await server.Log.WaitForAsync(line => line.Contains("read ", StringComparison.Ordinal) && line.Contains(server.HostsFile, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>Replaces the hosts, and has it read them.</summary>
    public void Set(params string[] hosts)
    {
        File.WriteAllLines(HostsFile, hosts);
        _process.Send(HangUp);
    }

    public void Send(Signal signal) => _process.Send(signal);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }
}
