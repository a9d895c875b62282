using System.Net;
using Linkerd.Tcp.Infrastructure;
using Xunit;

namespace Linkerd.Tcp.Tests.Infrastructure;

public sealed class AddressLiteralTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("10.0.0.1")]
    [InlineData("::")]
    [InlineData("2001:db8::a")]
    [InlineData("fe80::1%3")]
    [InlineData("::ffff:10.0.0.1")]
    public void Read_Address_IsThat(string text)
    {
        Assert.Equal(text, AddressLiteral.Read(text)?.ToString());
        Assert.False(AddressLiteral.IsAmbiguous(text));
    }

    [Theory]
    [InlineData("010.0.0.1")]
    [InlineData("10.0.0.01")]
    [InlineData("10.0.0.00")]
    [InlineData("10.1")]
    [InlineData("10.0.1")]
    [InlineData("0x7f.1")]
    [InlineData("0X7F.0.0.1")]
    [InlineData("0x7f000001")]
    [InlineData("2130706433")]
    [InlineData("8080")]
    [InlineData("256.0.0.1")]
    [InlineData("10.0.0.1.")]
    [InlineData("1.2.3.4.5")]
    public void IsAmbiguous_NothingButNumbers_IsNeitherAnAddressNorAName(string text)
    {
        Assert.Null(AddressLiteral.Read(text));
        Assert.True(AddressLiteral.IsAmbiguous(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("web")]
    [InlineData("web.1")]
    [InlineData("1.web")]
    [InlineData("10.0.0.1x")]
    [InlineData("0xg.1")]
    [InlineData("10..1")]
    [InlineData("-1")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("::ffff:010.0.0.1")]
    [InlineData("::1%")]
    [InlineData("::1/64")]
    public void Read_AnythingElse_IsNoAddressAndNotAmbiguous(string text)
    {
        Assert.Null(AddressLiteral.Read(text));
        Assert.False(AddressLiteral.IsAmbiguous(text));
    }

    [Theory]
    [InlineData("fe80::1%no-such-if", true)]
    [InlineData("fe80::1%lo", true)]
    [InlineData("fe80::1%3", false)]
    [InlineData("fe80::1%", false)]
    [InlineData("fe80::1%a b", false)]
    [InlineData("fe80::1%a%b", false)]
    [InlineData("10.0.0.1%lo", false)]
    [InlineData("web%lo", false)]
    [InlineData("[fe80::1%lo]", false)]
    public void HasZoneName_Zone_IsANameOrANumber(string text, bool expected) => Assert.Equal(expected, AddressLiteral.HasZoneName(text));

    [Fact]
    public void Read_ZoneOfNoInterface_IsNoAddress() => Assert.Null(AddressLiteral.Read("fe80::1%no-such-if"));

    [Fact]
    public void Read_ZoneOfAnInterface_IsItsNumber()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the loopback is called lo on Linux");

        Assert.Equal(IPAddress.Parse("fe80::1%1"), AddressLiteral.Read("fe80::1%lo"));
    }

    [Theory]
    [InlineData("[::1]", "::1")]
    [InlineData("[10.0.0.1]", "[10.0.0.1]")]
    [InlineData("[::1", "[::1")]
    [InlineData("::1", "::1")]
    [InlineData("[::1]:80", "[::1]:80")]
    public void WithoutBrackets_Text_LosesThoseOfIPv6(string text, string expected) => Assert.Equal(expected, AddressLiteral.WithoutBrackets(text).ToString());
}
