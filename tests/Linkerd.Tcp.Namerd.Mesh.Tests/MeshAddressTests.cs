using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

public sealed class MeshAddressTests
{
    [Theory]
    [InlineData("mesh://namerd.example", "mesh", "namerd.example", 4321)]
    [InlineData(" mesh://127.0.0.1:1234 ", "mesh", "127.0.0.1", 1234)]
    [InlineData("MESHS://namerd.example:1", "meshs", "namerd.example", 1)]
    [InlineData("mesh://[::1]:65535/", "mesh", "[::1]", 65535)]
    [InlineData("mesh://[::1]", "mesh", "[::1]", 4321)]
    public void Parse_GoodAddress_HasItsPort(string text, string scheme, string host, int port)
    {
        var address = MeshAddress.Parse(text);
        Assert.Equal((scheme, host, port), (address.Scheme, address.Host, address.Port));
        Assert.True(MeshAddress.IsMesh(text));
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("127.0.0.1:4321", "'127.0.0.1:4321'")]
    [InlineData("http://a:1", "'http://a:1' has the scheme 'http': expected mesh or meshs")]
    [InlineData("mesh://", "expected mesh://host:port")]
    [InlineData("mesh://010.0.0.1:4321", "'010.0.0.1' is neither an address nor a host name: expected an IPv4 address of four decimal numbers")]
    [InlineData("mesh://a:0", "has the port 0: expected 1 to 65535")]
    [InlineData("mesh://a:65536", "expected mesh://host:port")]
    [InlineData("mesh://me@a:1", "comes with a user name")]
    [InlineData("mesh://a:1/path", "goes on behind the host and port")]
    [InlineData("mesh://a:1?x", "goes on behind the host and port")]
    public void TryParse_BadAddress_SaysWhy(string text, string words)
    {
        Assert.False(MeshAddress.TryParse(text, out var address, out var error));
        Assert.Null(address);
        Assert.Contains(words, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_NotValid_AreRefused()
    {
        Refused(options => options.With(own => own.Addresses = []));
        Refused(options => options.With(own => own.Addresses = [new Uri("http://a:1")]));
        Refused(options => options.With(own => own.Namespace = ""));
        Refused(options => options.With(own => own.Interval = TimeSpan.Zero));
        Refused(options => options.With(own => own.MaxStreamAge = TimeSpan.FromDays(31)));
        Refused(options => options.With(own => own.RequestTimeout = TimeSpan.Zero));
        Refused(options => options.With(own => own.PingDelay = TimeSpan.FromMilliseconds(1)));
        Refused(options => options.With(own => own.PingTimeout = TimeSpan.FromDays(2)));
        Refused(options => options.With(own => own.MaxAnswerBytes = 0));
        static void Refused(Func<MeshOptions, MeshOptions> change) => Assert.Throws<InvalidOptionsException>(() => new MeshResolver(change(new MeshOptions())));
    }
}
