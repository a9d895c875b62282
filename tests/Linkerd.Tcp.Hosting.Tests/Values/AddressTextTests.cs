using Linkerd.Tcp.Hosting.Values;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class AddressTextTests
{
    [Theory]
    [InlineData("0.0.0.0:7575")]
    [InlineData("127.0.0.1:0")]
    [InlineData("255.255.255.255:65535")]
    [InlineData("[::1]:7575")]
    [InlineData("[::]:80")]
    [InlineData("[fe80::1%1]:80")]
    public void ParseListen_AddressAndPort_IsThat(string text) => Assert.Equal(text, AddressText.ParseListen(text).ToString());

    [Theory]
    [InlineData("7575")]
    [InlineData(":7575")]
    [InlineData("0.0.0.0:7575")]
    public void ParseListen_PortAlone_IsThatOfEveryIPv4Address(string text) => Assert.Equal("0.0.0.0:7575", AddressText.ParseListen(text).ToString());

    [Theory]
    [InlineData("localhost:7575", "'localhost' is not an IP address, and a host name cannot be listened on")]
    [InlineData("127.0.0.1", "the port is missing")]
    [InlineData("localhost", "the port is missing")]
    [InlineData("75750", "'75750' is not a port")]
    [InlineData(":", "'' is not a port")]
    [InlineData(":-1", "'-1' is not a port")]
    [InlineData("[::1]", "the port is missing")]
    [InlineData("127.0.0.1:", "'' is not a port")]
    [InlineData("127.0.0.1:http", "'http' is not a port")]
    [InlineData("127.0.0.1:65536", "'65536' is not a port")]
    [InlineData("127.0.0.1:-1", "'-1' is not a port")]
    [InlineData("127.0.0.1: 80", "' 80' is not a port")]
    [InlineData("::1:7575", "an IPv6 address goes in brackets")]
    [InlineData("[127.0.0.1]:80", "is not an IP address")]
    [InlineData("127.1:80", "is not an IP address")]
    [InlineData("0x7f.0.0.1:80", "is not an IP address")]
    [InlineData("1:80", "is not an IP address")]
    [InlineData("256.0.0.1:80", "is not an IP address")]
    [InlineData("010.0.0.1:80", "is not an IP address")]
    [InlineData("[fe80::1%no-such-if]:80", "there is no network interface 'no-such-if'")]
    [InlineData("*:80", "is not an IP address")]
    public void ParseListen_AnythingElse_SaysWhatIsWrongAndExpected(string text, string expected)
    {
        var message = Assert.Throws<InvalidValueException>(() => AddressText.ParseListen(text)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:7575", message, StringComparison.Ordinal);
    }
}
