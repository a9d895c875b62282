using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Namerd;

public sealed class NamerdAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:4180", "http://127.0.0.1:4180/")]
    [InlineData(" namerd.example:80 ", "http://namerd.example/")]
    [InlineData("namerd", "http://namerd:4180/")]
    [InlineData("[::1]:4181", "http://[::1]:4181/")]
    [InlineData("[::1]", "http://[::1]:4180/")]
    [InlineData("http://namerd:4180", "http://namerd:4180/")]
    [InlineData("http://namerd:4180/", "http://namerd:4180/")]
    [InlineData("https://namerd", "https://namerd/")]
    [InlineData("http://proxy/to/namerd", "http://proxy/to/namerd/")]
    [InlineData("namerd:4180/", "http://namerd:4180/")]
    [InlineData("proxy/to/namerd", "http://proxy:4180/to/namerd/")]
    public void TryParse_GoodAddress_IsABaseAddress(string text, string expected)
    {
        Assert.True(NamerdAddress.TryParse(text, out var address, out var error), error);
        Assert.Equal(expected, address.AbsoluteUri);
        Assert.Equal(address, NamerdAddress.Parse(text));
    }

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("", "empty")]
    [InlineData("  ", "empty")]
    [InlineData("namerd:http", "the port 'http'")]
    [InlineData("namerd:", "the port ''")]
    [InlineData("namerd:0", "the port '0'")]
    [InlineData("namerd:65536", "the port '65536'")]
    [InlineData("namerd:-1", "the port '-1'")]
    [InlineData("http://namerd:0", "the port 0")]
    [InlineData("::1", "brackets")]
    [InlineData("::1:4180", "brackets")]
    [InlineData("[::1", "not an address")]
    [InlineData("[::1]4180", "not an address")]
    [InlineData("ftp://namerd", "scheme 'ftp'")]
    [InlineData("http://", "not an address")]
    [InlineData(":4180", "not an address")]
    [InlineData("a b:4180", "not an address")]
    [InlineData("010.0.0.1:4180", "'010.0.0.1' is neither an address nor a host name: expected an IPv4 address of four decimal numbers")]
    [InlineData("10.1", "'10.1'")]
    [InlineData("http://0x7f.1/", "'0x7f.1'")]
    [InlineData("http://secret@8080", "'8080'")]
    [InlineData("http://user:secret@namerd", "user name")]
    [InlineData("http://namerd/?a=b", "query")]
    [InlineData("http://namerd/#x", "fragment")]
    public void TryParse_BadAddress_SaysWhatIsWrong(string? text, string expected)
    {
        Assert.False(NamerdAddress.TryParse(text, out _, out var error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a:1", new[] { "http://a:1/" })]
    [InlineData("a:1, https://b ,[::1]", new[] { "http://a:1/", "https://b/", "http://[::1]:4180/" })]
    [InlineData("a,a:4180", new[] { "http://a:4180/" })]
    public void TryParseList_GoodAddresses_AreAllThereOnce(string text, string[] expected)
    {
        Assert.True(NamerdAddress.TryParseList(text, out var addresses, out var error), error);
        Assert.Equal(expected, addresses.Select(address => address.AbsoluteUri));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a:1,", "empty")]
    [InlineData("a:1,b:x", "the port 'x'")]
    [InlineData("mesh://a", "scheme 'mesh'")]
    public void TryParseList_BadAddress_SaysWhatIsWrong(string text, string expected)
    {
        Assert.False(NamerdAddress.TryParseList(text, out _, out var error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "mesh://a:4321/")]
    [InlineData("mesh://a", "mesh://a:4321/")]
    [InlineData("meshs://a:1", "meshs://a:1/")]
    public void TryParseList_OtherSchemes_HaveTheGivenPort(string text, string expected)
    {
        Assert.True(NamerdAddress.TryParseList(text, 4321, ["mesh", "meshs"], out var addresses, out var error), error);
        Assert.Equal([expected], addresses.Select(address => address.AbsoluteUri));
        Assert.False(NamerdAddress.TryParseList("http://a", 4321, ["mesh", "meshs"], out _, out error));
        Assert.Contains("expected mesh or meshs", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_BadAddress_ThrowsWithTheReason() =>
        Assert.Contains("65535", Assert.Throws<FormatException>(() => NamerdAddress.Parse("namerd:70000")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[fe80::1%25lo]:4180")]
    [InlineData("[fe80::1%lo]:4180")]
    [InlineData("http://[fe80::1%25lo]:4180/")]
    public void Print_ZoneOfAnAddress_IsKept(string text) =>
        Assert.Equal("http://[fe80::1%lo]:4180", NamerdRequest.Print(NamerdAddress.Parse(text)));

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("a%62")]
    public void Options_BadNamespace_IsRefused(string ns) =>
        Assert.Contains("namespace", Assert.Throws<InvalidOptionsException>(() => new NamerdResolver(new NamerdOptions { Namespace = ns })).Message, StringComparison.Ordinal);

    [Fact]
    public void Options_OutOfRange_AreRefused()
    {
        Assert.Throws<InvalidOptionsException>(() => new NamerdResolver(new NamerdOptions { Interval = TimeSpan.Zero }));
        Assert.Throws<InvalidOptionsException>(() => new NamerdResolver(new NamerdOptions { Interval = TimeSpan.MaxValue }));
        Assert.Throws<InvalidOptionsException>(() => new NamerdResolver(new NamerdOptions { RequestTimeout = TimeSpan.FromSeconds(-1) }));
        Assert.Throws<InvalidOptionsException>(() => new NamerdResolver(new NamerdOptions { MaxAnswerBytes = 0 }));
        Assert.Throws<InvalidOptionsException>(() => new NamerdResolver(new NamerdOptions { BaseAddresses = [new Uri("ftp://namerd")] }));
        Assert.Throws<InvalidOptionsException>(() => new NamerdResolver(new NamerdOptions { BaseAddresses = [new Uri("/relative", UriKind.Relative)] }));
    }
}
