using Linkerd.Tcp.Cli;

namespace Linkerd.Tcp.FunctionalTests;

public sealed class NamerdTextTests
{
    [Theory]
    [InlineData("127.0.0.1:4180", "http://127.0.0.1:4180/")]
    [InlineData("namerd.example:4180", "http://namerd.example:4180/")]
    [InlineData("[::1]:4180", "http://[::1]:4180/")]
    [InlineData("host:80", "http://host/")]
    [InlineData("http://namerd:4180", "http://namerd:4180/")]
    [InlineData("http://namerd:4180/", "http://namerd:4180/")]
    [InlineData("https://namerd", "https://namerd/")]
    [InlineData("https://gateway/namerd", "https://gateway/namerd")]
    public void ParseAddress_HostAndPortOrUrl_IsThatUrl(string text, string url) =>
        Assert.Equal(url, NamerdText.ParseAddress(text).AbsoluteUri);

    [Theory]
    [InlineData("127.0.0.1", "the port is missing")]
    [InlineData("namerd", "the port is missing")]
    [InlineData("namerd:http", "expected <HOST>:<PORT>")]
    [InlineData("namerd:70000", "expected <HOST>:<PORT>")]
    [InlineData("namerd:0", "port 0 cannot be connected to")]
    [InlineData(":4180", "expected <HOST>:<PORT>")]
    [InlineData("::1:4180", "expected <HOST>:<PORT>")]
    [InlineData("ftp://namerd:4180", "'ftp' is neither http nor https")]
    [InlineData("namerd:4180/path", "expected <HOST>:<PORT>")]
    [InlineData("http://user:secret@namerd", "expected <HOST>:<PORT>")]
    [InlineData("http://namerd?x=1", "expected <HOST>:<PORT>")]
    [InlineData("http://", "expected <HOST>:<PORT>")]
    [InlineData("name rd:4180", "expected <HOST>:<PORT>")]
    public void ParseAddress_AnythingElse_SaysWhatWasExpected(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidValueException>(() => NamerdText.ParseAddress(text)).Message, StringComparison.Ordinal);

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
