using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Options;

namespace Linkerd.Tcp.Hosting.Tests;

/// <summary>The checks of texts agree with those of Core, which are the ones that count.</summary>
public sealed class TlsTextTests
{
    [Theory]
    [InlineData("web.example.com", true)]
    [InlineData("WEB.example.com.", true)]
    [InlineData("*.example.com", true)]
    [InlineData("bücher.example", true)]
    [InlineData("localhost", true)]
    [InlineData("10.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("spiffe://example.org/web", true)]
    [InlineData("spiffe://example.org/*", true)]
    [InlineData("https://example.org/web?x", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a..b", false)]
    [InlineData("-*.example.com", false)]
    [InlineData("a.*.example.com", false)]
    [InlineData("010.0.0.1", false)]
    [InlineData("[::1]", false)]
    [InlineData("https://example.org/*", false)]
    [InlineData("spiffe://example.org/*/a", false)]
    [InlineData("spiffe://bücher.example/web", false)]
    public void IsPeerName_NamesOfAllKinds_AsCoreHasIt(string text, bool expected)
    {
        Assert.Equal(expected, PeerName.TryParse(text, out _));
        Assert.Equal(expected, TlsText.IsPeerName(text));
    }

    [Theory]
    [InlineData("web.example.com", true)]
    [InlineData("{sni}", true)]
    [InlineData("{2}.{1}.example.com", true)]
    [InlineData("web-{32}.example.com", true)]
    [InlineData("10.0.0.1", true)]
    [InlineData("{33}.example.com", false)]
    [InlineData("{0}.example.com", false)]
    [InlineData("{name}.example.com", false)]
    [InlineData("{1.example.com", false)]
    [InlineData("1}.example.com", false)]
    [InlineData("*.example.com", false)]
    [InlineData("spiffe://example.org/{1}", false)]
    public void IsTemplate_NamesWithPlaceholders_AsCoreHasIt(string text, bool expected)
    {
        Assert.Equal(expected, ServerNameTemplate.FindProblem(text) is null);
        Assert.Equal(expected, TlsText.IsTemplate(text));
    }

    [Theory]
    [InlineData("h2", true)]
    [InlineData("http/1.1", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("h2,h3", false)]
    [InlineData("{alpn}", false)]
    [InlineData("ü", false)]
    public void IsProtocol_AnyText_IsAsciiWithoutSpaces(string text, bool expected) => Assert.Equal(expected, TlsText.IsProtocol(text));
}
