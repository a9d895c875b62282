using System.Globalization;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Servers with TLS of their own.</summary>
internal static class TlsServers
{
    /// <summary>Starts <c>openssl s_server</c>. With <c>-rev</c> it sends every line back, reversed; without, it prints what it receives.</summary>
    public static Task<ServerProgram> StartOpenSslAsync(PemFiles identity, params string[] options)
    {
        var (program, port) = (Require.Program("openssl"), FreePort.Next());
        return ServerProgram.StartAsync(
            new TemporaryFolder(),
            port,
            program,
            ["s_server", "-accept", $"127.0.0.1:{Text(port)}", "-cert", identity.Certificate, "-cert_chain", identity.Certificate, "-key", identity.Key, .. options],
            process => process.Output.WaitForAsync(line => line.StartsWith("ACCEPT", StringComparison.Ordinal), TestContext.Current.CancellationToken));
    }

    /// <summary>Starts MariaDB with an empty folder: it lets everybody in, and has no table.</summary>
    public static Task<ServerProgram> StartMariaDbAsync(PemFiles identity)
    {
        var program = Require.Program("mariadbd");
        var (folder, port) = (new TemporaryFolder(), FreePort.Next());
        string[] user = Environment.UserName == "root" ? ["--user=root"] : [];
        return ServerProgram.StartAsync(
            folder,
            port,
            program,
            [
                "--no-defaults", .. user, $"--datadir={folder.Path}", $"--socket={folder.File("sock")}", $"--pid-file={folder.File("pid")}", "--bind-address=127.0.0.1", $"--port={Text(port)}",
                "--skip-grant-tables", "--skip-networking=0", "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0",
                $"--ssl-cert={identity.Certificate}", $"--ssl-key={identity.Key}", "--require-secure-transport=ON",
            ],
            process => process.Error.WaitForAsync(line => line.Contains("ready for connections", StringComparison.Ordinal), TestContext.Current.CancellationToken));
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
