using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>StackExchange.Redis over connections of a destination, by its <see cref="Tunnel"/>, against redis-server.</summary>
public sealed class RedisClientTests
{
    [Fact]
    public async Task Commands_ThroughTheTunnel_ReadWhatTheyWrote()
    {
        await using var server = await ServerProgram.StartRedisAsync();
        await using var balanced = await BalancedServers.StartAsync(server.EndPoint);
        await using (var redis = await ConnectAsync(balanced.Destination))
        {
            var database = redis.GetDatabase();
            var value = new string('x', 4 << 20);
            await database.StringSetAsync("key", value);
            Assert.Equal(value, (string?)await database.StringGetAsync("key"));
            Assert.Equal(value.Length, database.StringLength("key"));

            // Nothing waits for the answer: disposing must not cut it off.
            await database.StringSetAsync("last", "written", flags: CommandFlags.FireAndForget);
        }

        await using (var again = await ConnectAsync(balanced.Destination))
        {
            Assert.Equal("written", (string?)await again.GetDatabase().StringGetAsync("last"));
        }

        await balanced.WaitUnusedAsync();
    }

    [Fact]
    public async Task Kill_OfTheServerInUse_CommandsSucceedAgainWithinASecond()
    {
        var servers = new[] { await ServerProgram.StartRedisAsync(), await ServerProgram.StartRedisAsync() };
        try
        {
            await using var balanced = await BalancedServers.StartAsync(servers.Select(static server => server.EndPoint));
            await using var redis = await ConnectAsync(balanced.Destination);
            var database = redis.GetDatabase();
            await database.StringSetAsync("key", "value");
            var used = servers.Single(server => balanced.Destination.FindEndpoint(server.EndPoint)!.Load > 0);
            var start = TimeProvider.System.GetTimestamp();
            used.Send(Signal.Kill);
            await Eventually.IsTrueAsync(() => TryAsync(database), () => "the client did not connect to the other server");
            var elapsed = TimeProvider.System.GetElapsedTime(start);
            TestContext.Current.TestOutputHelper?.WriteLine($"commands succeed again after {elapsed.TotalMilliseconds:0} ms");
            Assert.True(elapsed < TimeSpan.FromSeconds(1), $"{elapsed.TotalMilliseconds} ms from the kill to the next answer");
            Assert.Equal(0, balanced.Destination.FindEndpoint(used.EndPoint)!.Load);
        }
        finally
        {
            await servers[0].DisposeAsync();
            await servers[1].DisposeAsync();
        }
    }

    private static async Task<bool> TryAsync(IDatabase database)
    {
        try
        {
            return await database.StringSetAsync("other", "value");
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            return false;
        }
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(Destination destination)
    {
        // The address is only the client's name for the server: the tunnel connects. Without subscriptions there is one connection.
        var options = new ConfigurationOptions { EndPoints = { { "redis", 6379 } }, Tunnel = new DestinationTunnel(destination), ConnectTimeout = 10_000, AbortOnConnectFail = true };
        options.CommandMap = CommandMap.Create(["SUBSCRIBE"], available: false);
        return await ConnectionMultiplexer.ConnectAsync(options).InTimeAsync();
    }

    private sealed class DestinationTunnel(Destination destination) : Tunnel
    {
        // No socket of the client's own.
        public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) => new((EndPoint?)null);

        public override async ValueTask<Stream?> BeforeAuthenticateAsync(EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken) =>
            await destination.ConnectStreamAsync(cancellationToken);
    }
}
