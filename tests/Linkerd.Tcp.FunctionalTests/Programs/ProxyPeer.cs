using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>HAProxy, nginx or stunnel on a port of 127.0.0.1 and ::1, with a configuration of the test's, to speak the PROXY protocol and TLS with.</summary>
internal sealed class ProxyPeer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ChildProcess _process;
    private readonly int _port;

    private ProxyPeer(string program, string file, int port, Func<string, string> configuration)
    {
        _port = port;
        File.WriteAllText(_folder.File(file), configuration(_folder.Path));
        _process = new ChildProcess(program, file switch
        {
            "nginx.conf" => ["-p", _folder.Path, "-e", "stderr", "-c", _folder.File(file)],
            "stunnel.conf" => [_folder.File(file)],
            _ => ["-db", "-f", _folder.File(file)],
        });
    }

    /// <summary>The name that the embedded interpreter binds to it.</summary>
    public string Target => ProxyProcess.InetName(new IPEndPoint(IPAddress.Loopback, _port));

    /// <summary>Starts HAProxy.</summary>
    /// <param name="bind">What the listeners' lines end with.</param>
    /// <param name="lines">The rest of the section of the listener.</param>
    public static ProxyPeer Haproxy(string bind, string lines)
    {
        var (program, port) = (Require.Program("haproxy"), FreePort.Next());
        return new(
            program, "haproxy.cfg", port,
            _ => $"""
            defaults
              timeout connect 10s
              timeout client 20s
              timeout server 20s
            listen test
              bind 127.0.0.1:{port} {bind}
              bind [::1]:{port} {bind}
            {lines}

            """);
    }

    /// <summary>Starts nginx with a server of its stream module.</summary>
    /// <param name="listen">What the listeners' lines end with.</param>
    /// <param name="lines">The rest of the server's block.</param>
    public static ProxyPeer Nginx(string listen, string lines)
    {
        const string Module = "/usr/lib/nginx/modules/ngx_stream_module.so";
        var (program, port) = (Require.Program("nginx"), FreePort.Next());
        return new(
            program, "nginx.conf", port,
            folder => $$"""
            {{(File.Exists(Module) ? $"load_module {Module};" : "")}}
            {{(Environment.UserName == "root" ? "user root;" : "")}}
            daemon off;
            worker_processes 1;
            pid {{folder}}/nginx.pid;
            error_log stderr notice;
            events { worker_connections 64; }
            stream { server { listen 127.0.0.1:{{port}} {{listen}}; listen [::1]:{{port}} {{listen}}; {{lines}} } }
            """);
    }

    /// <summary>Starts stunnel.</summary>
    /// <param name="lines">The service's lines.</param>
    public static ProxyPeer Stunnel(string lines)
    {
        var (program, port) = (Require.Program("stunnel"), FreePort.Next());
        return new(
            program, "stunnel.conf", port,
            _ => $"""
            foreground = yes
            pid =
            debug = notice
            [test]
            accept = 127.0.0.1:{port}
            {lines}

            """);
    }

    /// <summary>What it says.</summary>
    public string Log => _process.Error.Text + _process.Output.Text;

    /// <summary>Connects once it listens.</summary>
    public async Task<Socket> ConnectAsync(IPAddress address)
    {
        Socket? connected = null;
        await Eventually.IsTrueAsync(
            async () =>
            {
                Assert.SkipWhen(_process.Error.Text.Contains("unknown directive \"stream\"", StringComparison.Ordinal), "nginx has no stream module");
                var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(new IPEndPoint(address, _port), TestContext.Current.CancellationToken);
                    connected = socket;
                    return true;
                }
                catch (SocketException)
                {
                    socket.Dispose();
                    return false;
                }
            },
            () => string.Create(CultureInfo.InvariantCulture, $"it does not listen on {address}, port {_port}: {_process.Error.Text}"));
        return connected!;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }
}
