using System.Text.Json;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>iperf3 through the proxy, in each direction and in both: what made the original panic (its issues 46, 47 and 56).</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class IperfTests
{
    [Theory]
    [InlineData("sum_received", "-P1")]
    [InlineData("sum_received", "-R")]
    [InlineData("sum_received", "-P4")]
    [InlineData("sum_received_bidir_reverse", "--bidir")]
    public async Task Iperf_Streams_ArriveWithoutAnError(string sum, string direction)
    {
        await using var server = await ServerProgram.StartIperfAsync();

        // iperf3's server tells its streams apart by the order in which they come, which two loops do not keep; with --bidir both ends may then send.
        await using var proxy = await Executable.StartAsync(server.Name, "--loops", "1");
        var report = await ClientProgram.RunAsync("iperf3", "-c", "127.0.0.1", "-p", proxy.Port, "-t", "1", "-J", direction);
        using var json = JsonDocument.Parse(report);
        Assert.False(json.RootElement.TryGetProperty("error", out var error), error.ToString());
        Assert.True(json.RootElement.GetProperty("end").GetProperty(sum).GetProperty("bytes").GetInt64() > 10_000_000, report);
    }
}
