namespace Linkerd.Tcp.FunctionalTests;

/// <summary>redis with TLS: ended by the proxy, begun by it, and passed through.</summary>
public sealed class RedisTlsTests : IDisposable
{
    private const string Name = "redis.example";
    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Terminate_RedisCli_ReadsWhatItWrote()
    {
        var identity = _files.Write(Name);
        await using var redis = await ServerProgram.StartRedisAsync();
        await using var proxy = await Executable.StartAsync(redis.Name, "--tls-cert", identity.Certificate, "--tls-key", identity.Key);
        await ReadsWhatItWroteAsync(["-p", proxy.Port, "--tls", "--cacert", _files.Root, "--sni", Name]);
    }

    [Fact]
    public async Task Originate_RedisCli_ReadsWhatItWrote()
    {
        await using var redis = await ServerProgram.StartRedisAsync(_files.Write(Name));
        await using var proxy = await Executable.StartAsync(redis.Name, "--server-tls", "--server-ca", _files.Root, "--server-tls-name", Name);
        await ReadsWhatItWroteAsync(["-p", proxy.Port]);
    }

    [Fact]
    public async Task Passthrough_RedisCli_ReadsWhatItWrote()
    {
        await using var redis = await ServerProgram.StartRedisAsync(_files.Write(Name));
        await using var proxy = await Executable.StartAsync(redis.Name);
        await ReadsWhatItWroteAsync(["-p", proxy.Port, "--tls", "--cacert", _files.Root, "--sni", Name]);
    }

    private static async Task ReadsWhatItWroteAsync(string[] server)
    {
        var value = new string('x', 1 << 20);
        Assert.Equal("OK", await ClientProgram.RunWithInputAsync("redis-cli", value, [.. server, "-x", "SET", "key"]));
        Assert.True(await ClientProgram.RunAsync("redis-cli", [.. server, "GET", "key"]) == value, "the value that came back is another one");
        var report = await ClientProgram.RunAsync("redis-benchmark", [.. server, "-q", "-n", "2000", "-c", "20", "-P", "4", "-t", "set,get"]);
        Assert.Contains("GET: ", report, StringComparison.Ordinal);
        Assert.DoesNotContain("rror", report, StringComparison.Ordinal);
    }
}
