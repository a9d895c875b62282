using System.Net;

namespace Linkerd.Tcp.Dns.Tests;

public sealed class SrvEndpointsTests
{
    [Fact]
    public void Of_SrvRecords_EndpointsKnowTheTargetOfTheirRecord()
    {
        DnsService[] services = [new(0, 1, 80, "a.example"), new(0, 1, 81, "b.example")];
        var set = SrvEndpoints.Of(services, target => target[0] == 'a' ? [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("fd00::1")] : [IPAddress.Parse("10.0.0.2")]);
        Assert.Equal(["10.0.0.1:80 of a.example", "10.0.0.2:81 of b.example", "[fd00::1]:80 of a.example"], Text(set).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Text(EndpointSet set) =>
        set.Groups.SelectMany(group => group.Endpoints).Select(endpoint => $"{endpoint.Address} of {endpoint.Metadata?.Host ?? "nobody"}");
}
