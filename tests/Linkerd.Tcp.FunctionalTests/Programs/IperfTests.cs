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
        var report = await RunAsync(proxy.Port, direction);
        for (var i = 0; i < 5 && CrossedStreams(report); i++)
        {
            // Over sockets there is no loop that would keep the order.
            report = await RunAsync(proxy.Port, direction);
        }

        Assert.False(report.TryGetProperty("error", out var error), error.ToString());
        Assert.True(Bytes(report, sum) > 10_000_000, report.ToString());
    }

    private static async Task<JsonElement> RunAsync(string port, string direction)
    {
        using var json = JsonDocument.Parse(await ClientProgram.RunAsync("iperf3", "-c", "127.0.0.1", "-p", port, "-t", "1", "-J", direction));
        return json.RootElement.Clone();
    }

    // Both ends of both streams took themselves for the sender, and nobody read.
    private static bool CrossedStreams(JsonElement report) =>
        report.GetProperty("end").TryGetProperty("sum_received_bidir_reverse", out _) && Bytes(report, "sum_received") == 0
        && Bytes(report, "sum_received_bidir_reverse") == 0 && Bytes(report, "sum_sent_bidir_reverse") > 0;

    private static long Bytes(JsonElement report, string sum) => report.GetProperty("end").GetProperty(sum).GetProperty("bytes").GetInt64();
}
