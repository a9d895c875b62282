using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>psql with <c>sslmode=verify-full</c>, which begins TLS by a request of its own: passed through and routed by server name, ended by the proxy, and begun by it.</summary>
public sealed class PostgresTlsTests : IDisposable
{
    private const string First = "first.db.example";
    private const string Second = "second.db.example";
    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Route_TwoServers_EachIsReachedByItsName()
    {
        await using var first = await ServerProgram.StartPostgresAsync(_files.Write(First), "-c", "cluster_name=first");
        await using var second = await ServerProgram.StartPostgresAsync(_files.Write(Second), "-c", "cluster_name=second");
        await using var proxy = await Executable.StartAsync(null, "--sni-route", $"{First}={first.Name}", "--sni-route", $"{Second}={second.Name}");
        Assert.Equal("first", await AskAsync(proxy, First, "show cluster_name"));
        Assert.Equal("second", await AskAsync(proxy, Second, "show cluster_name"));
        Assert.Equal("on", await AskAsync(proxy, Second, "show ssl"));
        Assert.Equal("3000000", await AskAsync(proxy, First, "select length(repeat('x', 3000000))"));

        // A name that no rule has, and no TLS at all.
        Assert.Contains("unrecognized name", await FailAsync(proxy, "host=third.db.example sslmode=require"), StringComparison.Ordinal);
        Assert.Contains("server closed the connection", await FailAsync(proxy, $"host={First} sslmode=disable"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Route_Target_GetsWhatNoRuleHas()
    {
        await using var server = await ServerProgram.StartPostgresAsync(_files.Write(First), "-c", "cluster_name=default");
        await using var proxy = await Executable.StartAsync(server.Name, "--sni-route", $"{Second}=/$/inet/127.0.0.1/1");
        Assert.Equal("default", await AskAsync(proxy, First, "show cluster_name"));
    }

    /// <summary>psql asks for the cancellation on a connection of its own, without TLS: it goes to the target.</summary>
    [Fact]
    public async Task Route_CancelRequest_GoesToTheTarget()
    {
        await using var server = await ServerProgram.StartPostgresAsync(_files.Write(First));
        await using var proxy = await Executable.StartAsync(server.Name, "--sni-route", $"{First}={server.Name}");
        await CancelsAsync(proxy);
    }

    [Fact]
    public async Task Terminate_PlainServer_Answers()
    {
        await using var server = await ServerProgram.StartPostgresAsync();
        var identity = _files.Write(First);
        await using var proxy = await Executable.StartAsync(server.Name, "--tls-cert", identity.Certificate, "--tls-key", identity.Key);
        Assert.Equal("42", await AskAsync(proxy, First, "select 6 * 7"));
        Assert.Equal("3000000", await AskAsync(proxy, First, "select length(repeat('x', 3000000))"));
    }

    [Fact]
    public async Task Originate_PlainClient_IsServed()
    {
        await using var server = await ServerProgram.StartPostgresAsync(_files.Write(First));
        await using var proxy = await Executable.StartAsync(
            server.Name, "--server-tls", "--server-ca", _files.Root, "--server-tls-name", First, "--server-tls-postgres");
        Assert.Equal("42", await AskAsync(proxy, First, "select 6 * 7", "disable"));
    }

    [Fact]
    public async Task Both_VerifiedOnEachSide_IsServed()
    {
        await using var server = await ServerProgram.StartPostgresAsync(_files.Write(Second));
        var identity = _files.Write(First);
        await using var proxy = await Executable.StartAsync(
            server.Name, "--tls-cert", identity.Certificate, "--tls-key", identity.Key, "--server-tls", "--server-ca", _files.Root, "--server-tls-name", Second);
        Assert.Equal("42", await AskAsync(proxy, First, "select 6 * 7"));
    }

    [Fact]
    public async Task Both_ServerWithoutTls_IsNotTalkedTo()
    {
        await using var server = await ServerProgram.StartPostgresAsync();
        var identity = _files.Write(First);
        await using var proxy = await Executable.StartAsync(
            server.Name, "--connect-timeout", "1s", "--tls-cert", identity.Certificate, "--tls-key", identity.Key, "--server-tls", "--server-ca", _files.Root, "--server-tls-name", First);
        await FailAsync(proxy, $"host={First} sslmode=verify-full sslrootcert={_files.Root}");
        Assert.Contains(proxy.Error.Lines, line => line.Contains("no connection to", StringComparison.Ordinal));
    }

    private Task<string> AskAsync(ProxyProcess proxy, string host, string query, string mode = "verify-full") =>
        ClientProgram.RunAsync("psql", "-XAtc", query, $"host={host} sslmode={mode} sslrootcert={_files.Root} {Address(proxy)}");

    private static string Address(ProxyProcess proxy) => $"hostaddr=127.0.0.1 port={proxy.Port} user=postgres gssencmode=disable";

    private static async Task<string> FailAsync(ProxyProcess proxy, string connection)
    {
        await using var psql = await ChildProcess.RunAsync(
            Require.Program("psql"), ["-XAtc", "select 1", $"{connection} {Address(proxy)}"], TestContext.Current.CancellationToken);
        Assert.NotEqual(0, await psql.WaitForExitAsync(TestContext.Current.CancellationToken));
        return psql.Error.Text;
    }

    private async Task CancelsAsync(ProxyProcess proxy)
    {
        await using var psql = new ChildProcess(
            Require.Program("psql"), ["-XAt", "-c", "select 'begun'", "-c", "select pg_sleep(60)", $"host={First} sslmode=verify-full sslrootcert={_files.Root} {Address(proxy)}"]);
        await psql.Output.WaitForAsync(line => line == "begun", TestContext.Current.CancellationToken);

        // It may not have begun to sleep, and then the request cancels nothing.
        await Eventually.IsTrueAsync(
            () =>
            {
                if (!psql.HasExited)
                {
                    psql.Send(Signal.Interrupt);
                }

                return psql.HasExited;
            },
            () => psql.Error.Text);
        await psql.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains("canceling statement due to user request", psql.Error.Text, StringComparison.Ordinal);
    }
}
