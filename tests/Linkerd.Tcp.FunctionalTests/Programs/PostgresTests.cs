namespace Linkerd.Tcp.FunctionalTests;

/// <summary>psql and pgbench through the proxy to PostgreSQL.</summary>
public sealed class PostgresTests
{
    [Fact]
    public async Task PsqlAndPgbench_ThroughTheProxy_WorkAsDirectly()
    {
        await using var postgres = await ServerProgram.StartPostgresAsync();
        await using var proxy = await Executable.StartAsync(postgres.Name);
        string[] server = ["-h", "127.0.0.1", "-p", proxy.Port, "-U", "postgres"];
        Assert.Equal("42", await ClientProgram.RunAsync("psql", [.. server, "-XAtc", "select 6 * 7"]));

        var rows = await ClientProgram.RunAsync("psql", [.. server, "-XAtc", "select i, repeat('x', 100) from generate_series(1, 100000) i"]);
        Assert.Equal(100_000, rows.Split('\n').Length);
        Assert.EndsWith("100000|" + new string('x', 100), rows, StringComparison.Ordinal);

        await ClientProgram.RunAsync("pgbench", [.. server, "-i", "-q", "-s", "1", "postgres"]);
        var report = await ClientProgram.RunAsync("pgbench", [.. server, "-c", "8", "-j", "2", "-t", "100", "postgres"]);
        Assert.Contains("number of transactions actually processed: 800/800", report, StringComparison.Ordinal);

        // A connection for each transaction.
        report = await ClientProgram.RunAsync("pgbench", [.. server, "-S", "-C", "-c", "4", "-t", "50", "postgres"]);
        Assert.Contains("number of transactions actually processed: 200/200", report, StringComparison.Ordinal);
    }
}
