using System.Globalization;
using System.Net;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A real server on loopback, with what it needs of files.</summary>
internal sealed class ServerProgram : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly ChildProcess _process;

    private ServerProgram(TemporaryFolder folder, ChildProcess process, int port)
    {
        _folder = folder;
        _process = process;
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>What it prints.</summary>
    public LineLog Output => _process.Output;

    /// <summary>What it prints to stderr.</summary>
    public LineLog Error => _process.Error;

    /// <summary>Sends it a signal.</summary>
    public void Send(Signal signal) => _process.Send(signal);

    /// <summary>Waits for its end.</summary>
    public Task WaitForExitAsync() => _process.WaitForExitAsync(Cancelled);

    /// <summary>The name that the embedded interpreter binds to it.</summary>
    public string Name => ProxyProcess.InetName(EndPoint);

    /// <summary>Starts redis, with TLS if it gets an identity.</summary>
    public static async Task<ServerProgram> StartRedisAsync(PemFiles? identity = null)
    {
        var program = Require.Program("redis-server");
        var (folder, port) = (new TemporaryFolder(), FreePort.Next());
        string[] listen = identity is { } files
            ? ["--port", "0", "--tls-port", Text(port), "--tls-cert-file", files.Certificate, "--tls-key-file", files.Key, "--tls-ca-cert-file", files.Certificate, "--tls-auth-clients", "no"]
            : ["--port", Text(port)];
        return await StartAsync(
            folder,
            port,
            program,
            [.. listen, "--bind", "127.0.0.1", "--dir", folder.Path, "--save", "", "--appendonly", "no", "--daemonize", "no"],
            process => process.Output.WaitForAsync(line => line.Contains("eady to accept connections", StringComparison.Ordinal), Cancelled));
    }

    /// <summary>Starts nginx as an HTTP server.</summary>
    /// <param name="files">What it serves besides <c>/hello</c>, by name.</param>
    /// <param name="listen">What the line of the listener ends with.</param>
    /// <param name="lines">More of the server's block.</param>
    public static async Task<ServerProgram> StartNginxAsync(IReadOnlyDictionary<string, byte[]> files, string listen = "", string lines = "")
    {
        var program = Require.Program("nginx");
        var (folder, port) = (new TemporaryFolder(), FreePort.Next());
        foreach (var (name, content) in files)
        {
            await File.WriteAllBytesAsync(folder.File(name), content, Cancelled);
        }

        var user = Environment.UserName == "root" ? "user root;" : string.Empty;
        await File.WriteAllTextAsync(
            folder.File("nginx.conf"),
            $$"""
            {{user}}
            daemon off;
            worker_processes 1;
            pid {{folder.File("nginx.pid")}};
            error_log stderr notice;
            events { worker_connections 1024; }
            http {
              access_log off;
              client_body_temp_path {{folder.Path}}; proxy_temp_path {{folder.Path}}; fastcgi_temp_path {{folder.Path}};
              uwsgi_temp_path {{folder.Path}}; scgi_temp_path {{folder.Path}};
              server { listen 127.0.0.1:{{Text(port)}} {{listen}}; {{lines}} root {{folder.Path}}; location = /hello { return 200 "hello\n"; } }
            }
            """,
            Cancelled);
        return await StartAsync(
            folder,
            port,
            program,
            ["-p", folder.Path, "-e", "stderr", "-c", folder.File("nginx.conf")],
            process => process.Error.WaitForAsync(line => line.Contains("start worker processes", StringComparison.Ordinal), Cancelled));
    }

    public static async Task<ServerProgram> StartIperfAsync()
    {
        var program = Require.Program("iperf3");
        var port = FreePort.Next();
        return await StartAsync(
            new TemporaryFolder(),
            port,
            program,
            ["-s", "-B", "127.0.0.1", "-p", Text(port), "--forceflush"],
            process => process.Output.WaitForAsync(line => line.Contains("Server listening", StringComparison.Ordinal), Cancelled));
    }

    /// <summary>Starts PostgreSQL; if it gets an identity, it serves connections with TLS only.</summary>
    /// <param name="identity">The identity; null: no TLS.</param>
    /// <param name="options">More of the command line.</param>
    public static async Task<ServerProgram> StartPostgresAsync(PemFiles? identity = null, params string[] options)
    {
        var (initdb, postgres) = (Require.Program("initdb"), Require.Program("postgres"));
        var (folder, port) = (new TemporaryFolder(), FreePort.Next());
        var data = folder.File("data");

        // PostgreSQL refuses to run as root.
        string[] asUser = [];
        if (Environment.UserName == "root")
        {
            asUser = [Require.Program("setpriv"), "--reuid", "postgres", "--regid", "postgres", "--clear-groups"];
            await using var owned = await ChildProcess.RunAsync("chown", ["postgres", folder.Path], Cancelled);
        }

        string[] init = [.. asUser, initdb, "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"];
        await using (var initialised = await ChildProcess.RunAsync(init[0], init[1..], Cancelled))
        {
            Assert.True(await initialised.WaitForExitAsync(Cancelled) == 0, initialised.Error.Text);
        }

        string[] tls = [];
        if (identity is { } files)
        {
            File.Copy(files.Certificate, Path.Combine(data, "server.crt"));
            File.Copy(files.Key, Path.Combine(data, "server.key"));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(Path.Combine(data, "server.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            await File.WriteAllTextAsync(Path.Combine(data, "pg_hba.conf"), "hostssl all all all trust\n", Cancelled);
            if (asUser.Length > 0)
            {
                await using var owned = await ChildProcess.RunAsync("chown", ["-R", "postgres", data], Cancelled);
            }

            tls = ["-c", "ssl=on"];
        }

        string[] serve =
        [
            .. asUser, postgres, "-D", data, "-p", Text(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", .. tls, .. options,
        ];
        return await StartAsync(
            folder,
            port,
            serve[0],
            serve[1..],
            process => process.Error.WaitForAsync(line => line.Contains("ready to accept connections", StringComparison.Ordinal), Cancelled));
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Starts a program that listens on a port, and waits until it does.</summary>
    /// <param name="folder">Its folder, which goes with it.</param>
    /// <param name="port">The port of loopback.</param>
    /// <param name="program">Its file.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="ready">Waits until it listens.</param>
    public static async Task<ServerProgram> StartAsync(
        TemporaryFolder folder, int port, string program, IEnumerable<string> arguments, Func<ChildProcess, Task> ready)
    {
        var server = new ServerProgram(folder, new ChildProcess(program, arguments), port);
        try
        {
            await ready(server._process);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
