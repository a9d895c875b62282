namespace Linkerd.Tcp.FunctionalTests;

/// <summary>MariaDB, whose server speaks first and begins TLS by its own protocol: it passes through a plain listener.</summary>
public sealed class MariaDbTlsTests : IDisposable
{
    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Passthrough_VerifiedServer_AnswersQueries()
    {
        await using var server = await TlsServers.StartMariaDbAsync(_files.Write("localhost"));
        await using var proxy = await Executable.StartAsync(server.Name);
        string[] options = ["--no-defaults", "-h", "localhost", "--protocol=tcp", "-P", proxy.Port, "--ssl-ca", _files.Root, "--ssl-verify-server-cert", "-N", "-B", "-e"];
        Assert.StartsWith("Ssl_version\tTLSv1.", await ClientProgram.RunAsync("mariadb", [.. options, "show status like 'Ssl_version'"]), StringComparison.Ordinal);
        Assert.Equal("3000000", await ClientProgram.RunAsync("mariadb", [.. options, "select length(repeat('x', 3000000))"]));
        Assert.Equal(3_000_000, (await ClientProgram.RunAsync("mariadb", [.. options, "select repeat('x', 3000000)"])).Length);
    }
}
