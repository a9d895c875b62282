using Linkerd.Tcp.TestUtilities;
using StackExchange.Redis;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>StackExchange.Redis, which does not dispose the stream of a tunnel, through a <see cref="LocalListener"/>, against redis-server.</summary>
[Trait("Category", "AnyTransport")]
public sealed class RedisClientTests
{
    [Fact]
    public async Task Commands_ThroughALocalListener_ReadWhatTheyWrote()
    {
        await using var server = await ServerProgram.StartRedisAsync();
        await using var balanced = await BalancedServers.StartAsync(server.EndPoint);
        await using var local = await LocalListener.StartAsync(balanced.Destination, cancellationToken: TestContext.Current.CancellationToken);
        await using (var redis = await ConnectAsync(local))
        {
            var database = redis.GetDatabase();
            var value = new string('x', 4 << 20);
            await database.StringSetAsync("key", value);
            Assert.Equal(value, (string?)await database.StringGetAsync("key"));
            Assert.Equal(value.Length, database.StringLength("key"));
        }

        Assert.Equal(0, await local.Proxy.DrainAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        await balanced.WaitUnusedAsync();
    }

    [Fact]
    public async Task Kill_OfTheServerInUse_CommandsSucceedAgainWithinASecond()
    {
        var servers = new[] { await ServerProgram.StartRedisAsync(), await ServerProgram.StartRedisAsync() };
        try
        {
            await using var balanced = await BalancedServers.StartAsync(servers.Select(static server => server.EndPoint));
            await using var local = await LocalListener.StartAsync(balanced.Destination, cancellationToken: TestContext.Current.CancellationToken);
            await using var redis = await ConnectAsync(local);
            var database = redis.GetDatabase();
            await database.StringSetAsync("key", "value");

            // Those of commands and of subscriptions may be at different servers; both are replaced.
            var used = servers.First(server => balanced.Destination.FindEndpoint(server.EndPoint)!.Load > 0);
            var start = TimeProvider.System.GetTimestamp();
            used.Send(Signal.Kill);
            await used.WaitForExitAsync();
            await Eventually.IsTrueAsync(() => TryAsync(database), () => "the client did not connect to the other server");
            var elapsed = TimeProvider.System.GetElapsedTime(start);
            TestContext.Current.TestOutputHelper?.WriteLine($"commands succeed again after {elapsed.TotalMilliseconds:0} ms");
            Assert.True(elapsed < TimeSpan.FromSeconds(1), $"{elapsed.TotalMilliseconds} ms from the kill to the next answer");
            await Eventually.IsTrueAsync(() => balanced.Destination.FindEndpoint(used.EndPoint)!.Load == 0, () => "connections to the killed server still count as load");
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

    private static Task<ConnectionMultiplexer> ConnectAsync(LocalListener local) =>
        ConnectionMultiplexer.ConnectAsync(new ConfigurationOptions { EndPoints = { local.EndPoint }, ConnectTimeout = 10_000 }).InTimeAsync();
}
