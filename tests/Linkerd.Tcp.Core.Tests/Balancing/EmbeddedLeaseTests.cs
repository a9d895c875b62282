using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Tests.Architecture;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>The use of a lease that docs/embed.md shows, compiled and run.</summary>
public sealed class EmbeddedLeaseTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DocumentedUse_TenRuns_GivesEverythingBack(bool fails)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1));
        var endpoint = balancer.Endpoints[0];
        var elapsed = TimeSpan.FromMilliseconds(1);
        for (var run = 0; run < 10; run++)
        {
            // From docs/embed.md.
            var start = TimeProvider.System.GetTimestamp();
            if (balancer.Pick(new PickContext(timestamp: start), out var lease) == PickResult.Picked)
            {
                try
                {
                    // Connect to the address, and report the outcome: the breaker depends on it.
                    await ConnectAsync(lease.Endpoint!.Address);
                    lease.Connected(TimeProvider.System.GetElapsedTime(start));
                    // Use the connection. The lease counts as load of its endpoint until it is completed.
                }
                catch (SocketException)
                {
                    lease.Failed(ConnectFailure.Refused, TimeProvider.System.GetElapsedTime(start));
                }
                finally
                {
                    lease.Complete();                  // Does nothing after Failed.
                }
            }
            // To here.
            Assert.Equal((run + 1L, 0L, 0L, 0L), (endpoint.Picks, endpoint.Load, endpoint.Open, endpoint.Pending));
        }

        Assert.Equal(fails ? 10 : 0, endpoint.ConnectFailures);

        async Task ConnectAsync(EndPoint address)
        {
            await Task.Yield();
            Assert.Equal((endpoint.Address, 1L, 0L, 1L), (address, endpoint.Load, endpoint.Open, endpoint.Pending));
            if (fails)
            {
                throw new SocketException((int)SocketError.ConnectionRefused);
            }
        }
    }

    [Fact]
    public void Documentation_ShowsTheUseThatIsTested()
    {
        var source = Lines(File.ReadAllLines(Path.Combine(SourceTree.Root, "tests", "Linkerd.Tcp.Core.Tests", "Balancing", "EmbeddedLeaseTests.cs")));
        var start = source.IndexOf("// From docs/embed.md.") + 1;
        var use = source[start..source.IndexOf("// To here.")];
        var documented = Lines(File.ReadAllLines(Path.Combine(SourceTree.Root, "docs", "embed.md")));

        Assert.Contains(string.Join('\n', use), string.Join('\n', documented), StringComparison.Ordinal);
    }

    private static List<string> Lines(string[] lines) => [.. lines.Select(line => line.Trim()).Where(line => line.Length > 0)];
}
