using System.Net;
using Linkerd.Tcp.Balancing.Hashing;
using Xunit;

namespace Linkerd.Tcp;

public sealed class ClientHashTests
{
    [Fact]
    public void Of_Port_DoesNotMatter() => Assert.Equal(Of("10.1.2.3", 1), Of("10.1.2.3", 65_535));

    [Fact]
    public void Of_MappedAddress_IsIPv4() => Assert.Equal(Of("10.1.2.3", 1), Of("::ffff:10.1.2.3", 1));

    [Fact]
    public void Of_Nothing_IsZero() => Assert.Equal(0UL, ClientHash.Of((EndPoint?)null));

    [Fact]
    public void Of_OtherClients_Differ()
    {
        var hashes = Enumerable.Range(0, 1000).Select(i => Of($"10.0.{i / 256}.{i % 256}", 1))
            .Concat(Enumerable.Range(0, 1000).Select(i => Of($"2001:db8::{i:x}", 1)))
            .Concat(Enumerable.Range(0, 1000).Select(i => ClientHash.Of(new DnsEndPoint($"host{i}", 1))));
        Assert.Equal(3000, hashes.Distinct().Count());
    }

    // For ever: another value would move the clients of every proxy that is upgraded.
    [Theory]
    [InlineData("10.1.2.3", 1243704074310601540UL)]
    [InlineData("2001:db8::1", 5613903895206896597UL)]
    public void Of_Address_IsTheSameInEveryVersion(string address, ulong hash) => Assert.Equal(hash, Of(address, 1));

    private static ulong Of(string address, int port) => ClientHash.Of(new IPEndPoint(IPAddress.Parse(address), port));
}
