using System.Net;
using Xunit;

namespace Linkerd.Tcp.Tests;

public sealed class DnsHostLookupTests
{
    [Fact]
    public async Task GetAddressesAsync_Localhost_IsLoopback()
    {
        var addresses = await DnsHostLookup.Instance.GetAddressesAsync("localhost", TestContext.Current.CancellationToken);

        Assert.NotEmpty(addresses);
        Assert.All(addresses, address => Assert.True(IPAddress.IsLoopback(address)));
    }
}
