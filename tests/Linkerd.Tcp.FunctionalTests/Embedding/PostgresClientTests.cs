using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Npgsql, which connects to an address only, through a <see cref="LocalListener"/>, against PostgreSQL.</summary>
[Trait("Category", "AnyTransport")]
public sealed class PostgresClientTests
{
    [Fact]
    public async Task Npgsql_ThroughLoopbackAndUnixSocket_QueriesAreAnswered()
    {
        await using var postgres = await ServerProgram.StartPostgresAsync();
        await using var balanced = await BalancedServers.StartAsync(postgres.EndPoint);
        await using (var local = await LocalListener.StartAsync(balanced.Destination, cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Equal((IPAddress.Loopback, local.Port), (IPAddress.Parse(local.Host), ((IPEndPoint)local.EndPoint).Port));
            await QueryAsync($"Host={local.Host};Port={local.Port};Username=postgres");
            Assert.Equal(0, await local.Proxy.DrainAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        }

        // The client makes the name of the socket of the folder and the port.
        using var folder = new TemporaryFolder();
        await using (var local = await LocalListener.StartAsync(
            balanced.Destination, new UnixDomainSocketEndPoint(folder.File(".s.PGSQL.5432")), cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Equal((folder.File(".s.PGSQL.5432"), 0), (local.Host, local.Port));
            await QueryAsync($"Host={folder.Path};Port=5432;Username=postgres");
        }

        await balanced.WaitUnusedAsync();
    }

    private static async Task QueryAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using (var command = source.CreateCommand("select i, repeat('x', 100) from generate_series(1, 50000) i"))
        await using (var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            var rows = 0;
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                Assert.Equal(++rows, reader.GetInt32(0));
            }

            Assert.Equal(50_000, rows);
        }

        // As many callers do: synchronously.
        using var connection = source.OpenConnection();
        using var sum = new NpgsqlCommand("select 6 * 7", connection);
        Assert.Equal(42, sum.ExecuteScalar());
    }
}
