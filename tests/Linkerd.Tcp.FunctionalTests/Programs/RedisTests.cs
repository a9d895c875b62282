namespace Linkerd.Tcp.FunctionalTests;

/// <summary>redis-cli and redis-benchmark through the proxy to redis-server.</summary>
public sealed class RedisTests
{
    [Fact]
    public async Task RedisCli_SetAndGet_ReadsWhatItWrote()
    {
        await using var redis = await ServerProgram.StartRedisAsync();
        await using var proxy = await Executable.StartAsync(redis.Name);
        Assert.Equal("OK", await ClientProgram.RunAsync("redis-cli", "-p", proxy.Port, "SET", "key", "value"));
        Assert.Equal("value", await ClientProgram.RunAsync("redis-cli", "-p", proxy.Port, "GET", "key"));
    }

    [Fact]
    public async Task RedisCli_ValueOfMegabytes_ComesBackWhole()
    {
        await using var redis = await ServerProgram.StartRedisAsync();
        await using var proxy = await Executable.StartAsync(redis.Name);
        var value = string.Create(8 << 20, 0, (text, _) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = (char)('a' + (i * 7 % 26));
            }
        });
        Assert.Equal("OK", await ClientProgram.RunWithInputAsync("redis-cli", value, "-p", proxy.Port, "-x", "SET", "big"));
        Assert.True(await ClientProgram.RunAsync("redis-cli", "-p", proxy.Port, "GET", "big") == value, "the value that came back is another one");
    }

    [Fact]
    public async Task RedisBenchmark_PipelinedFromManyClients_Succeeds()
    {
        await using var redis = await ServerProgram.StartRedisAsync();
        await using var proxy = await Executable.StartAsync(redis.Name);
        var report = await ClientProgram.RunAsync(
            "redis-benchmark", "-p", proxy.Port, "-q", "-n", "20000", "-c", "50", "-P", "8", "-t", "set,get,lrange_100");
        Assert.Contains("SET: ", report, StringComparison.Ordinal);
        Assert.Contains("GET: ", report, StringComparison.Ordinal);
        Assert.Contains("LRANGE_100", report, StringComparison.Ordinal);
        Assert.DoesNotContain("rror", report, StringComparison.Ordinal);
    }
}
