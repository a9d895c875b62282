using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;

namespace Linkerd.Tcp.FunctionalTests;

public sealed class NamerdTextTests
{
    [Theory]
    [InlineData("127.0.0.1:4180", "http://127.0.0.1:4180/")]
    [InlineData("namerd.example:4180", "http://namerd.example:4180/")]
    [InlineData("namerd.example", "http://namerd.example:4180/")]
    [InlineData("[::1]:4180", "http://[::1]:4180/")]
    [InlineData("http://namerd:4180", "http://namerd:4180/")]
    [InlineData("https://namerd/", "https://namerd/")]
    [InlineData("mesh://namerd", "mesh://namerd:4321/")]
    [InlineData("meshs://[::1]:5000/", "meshs://[::1]:5000/")]
    public void ParseAddresses_HostAndPortOrUrl_IsThatUrl(string text, string url) =>
        Assert.Equal(url, Assert.Single(NamerdText.ParseAddresses(text.Split(','))).AbsoluteUri);

    [Theory]
    [InlineData("namerd:http", "expected a number from 1 to 65535")]
    [InlineData("namerd:70000", "expected a number from 1 to 65535")]
    [InlineData("namerd:0", "expected a number from 1 to 65535")]
    [InlineData(":4180", "expected host:port")]
    [InlineData("::1:4180", "an IPv6 address stands in brackets")]
    [InlineData("ftp://namerd:4180", "expected http or https")]
    [InlineData("http://", "expected host:port")]
    [InlineData("name rd:4180", "expected host:port")]
    public void ParseAddresses_AnythingElse_SaysWhatWasExpected(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidValueException>(() => NamerdText.ParseAddresses(text.Split(','))).Message, StringComparison.Ordinal);

    [Fact]
    public void ParseAddresses_AList_IsThatManyOfOneKind()
    {
        Assert.Equal(["http://a:4180/", "https://b/"], NamerdText.ParseAddresses(["a", "https://b"]).Select(address => address.AbsoluteUri));
        Assert.Equal(["mesh://a:4321/", "meshs://b:1/"], NamerdText.ParseAddresses(["mesh://a", "meshs://b:1"]).Select(address => address.AbsoluteUri));
        Assert.Contains("addresses of one kind", Assert.Throws<InvalidValueException>(() => NamerdText.ParseAddresses(["a", "mesh://b"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("default")]
    [InlineData("team/one")]
    [InlineData("a.b-c_d")]
    public void ParseNamespace_PrintableAscii_IsThat(string text) => Assert.Equal(text, NamerdText.ParseNamespace(text));

    [Theory]
    [InlineData("a b")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("a%20b")]
    [InlineData("naïve")]
    public void ParseNamespace_WhatNamerdWouldNotRead_IsRejected(string text) =>
        Assert.Throws<InvalidValueException>(() => NamerdText.ParseNamespace(text));
}
