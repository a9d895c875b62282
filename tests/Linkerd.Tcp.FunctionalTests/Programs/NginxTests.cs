using System.Security.Cryptography;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>curl and wrk through the proxy to nginx.</summary>
public sealed class NginxTests
{
    private static readonly byte[] File = RandomNumberGenerator.GetBytes(20 << 20);

    [Fact]
    public async Task Curl_SmallAnswersOnOneConnection_AreRight()
    {
        await using var nginx = await ServerProgram.StartNginxAsync(new Dictionary<string, byte[]>());
        await using var proxy = await Executable.StartAsync(nginx.Name);
        var url = $"http://{proxy.EndPoint}/hello";
        Assert.Equal("hello\nhello\nhello", await ClientProgram.RunAsync("curl", "-sS", "--fail", url, url, url));
    }

    [Fact]
    public async Task Curl_LargeFile_ComesWhole()
    {
        await using var nginx = await ServerProgram.StartNginxAsync(new Dictionary<string, byte[]> { ["file"] = File });
        await using var proxy = await Executable.StartAsync(nginx.Name);
        using var folder = new TemporaryFolder();
        await ClientProgram.RunAsync("curl", "-sS", "--fail", "-o", folder.File("got"), $"http://{proxy.EndPoint}/file");
        var got = await System.IO.File.ReadAllBytesAsync(folder.File("got"), TestContext.Current.CancellationToken);
        Assert.True(got.AsSpan().SequenceEqual(File), $"{got.Length} bytes came, and they are not those of the file");
    }

    [Theory]
    [InlineData("keep-alive")]
    [InlineData("close")]
    public async Task Wrk_ManyConnections_HaveNoErrors(string connection)
    {
        await using var nginx = await ServerProgram.StartNginxAsync(new Dictionary<string, byte[]>());
        await using var proxy = await Executable.StartAsync(nginx.Name);
        var report = await ClientProgram.RunAsync(
            "wrk", "-t", "1", "-c", "50", "-d", "2s", "-H", $"Connection: {connection}", $"http://{proxy.EndPoint}/hello");
        Assert.Matches(@"Requests/sec:\s+[1-9]", report);
        Assert.DoesNotContain("Socket errors", report, StringComparison.Ordinal);
        Assert.DoesNotContain("Non-2xx", report, StringComparison.Ordinal);
    }
}
