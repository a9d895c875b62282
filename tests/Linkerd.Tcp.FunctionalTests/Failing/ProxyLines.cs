using System.Net;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What the log of the executable says of endpoints and sessions.</summary>
internal static partial class ProxyLines
{
    /// <summary>Waits until it has so many endpoints (3000).</summary>
    public static Task WaitForEndpointsAsync(this ProxyProcess proxy, int count) =>
        proxy.Error.WaitForAsync(line => line.Contains($": {count} endpoints (", StringComparison.Ordinal), TestContext.Current.CancellationToken);

    /// <summary>Waits until an endpoint is ejected (3010).</summary>
    public static Task<string> WaitForEjectionAsync(this ProxyProcess proxy, EndPoint server) =>
        proxy.Error.WaitForAsync(line => IsEjection(line, server), TestContext.Current.CancellationToken);

    /// <summary>Waits until an endpoint is back (3011).</summary>
    public static Task<string> WaitForReturnAsync(this ProxyProcess proxy, EndPoint server) =>
        proxy.Error.WaitForAsync(line => line.Contains($": {server} is back (", StringComparison.Ordinal), TestContext.Current.CancellationToken);

    /// <summary>Whether a line says that this endpoint is ejected.</summary>
    public static bool IsEjection(string line, EndPoint server) => line.Contains($": {server} is ejected (", StringComparison.Ordinal);

    /// <summary>Who served whom, by the client's address, of all sessions that have ended; of the log at debug.</summary>
    public static ILookup<string, string> Sessions(this ProxyProcess proxy) =>
        proxy.Error.Lines.Select(line => SessionEnd().Match(line)).Where(match => match.Success).ToLookup(match => match.Groups[1].Value, match => match.Groups[2].Value);

    /// <summary>Ends it, and reads the numbers that it logged last.</summary>
    public static async Task<StatisticsLines> StopAndCountAsync(this ProxyProcess proxy)
    {
        proxy.Send(Signal.Terminate);
        await proxy.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new StatisticsLines(proxy.Error);
    }

    [GeneratedRegex(@"\] (\S+) to \S+ through (\S+) ended ")]
    private static partial Regex SessionEnd();
}
