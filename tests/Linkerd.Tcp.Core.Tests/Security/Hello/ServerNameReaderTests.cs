using System.Text;
using Linkerd.Tcp.Security.Hello;
using Xunit;
using static Linkerd.Tcp.Tests.Security.HelloBuilder;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>The server_name extension: RFC 6066, section 3.</summary>
public sealed class ServerNameReaderTests
{
    private static readonly string Longest = string.Join('.', Enumerable.Repeat(new string('a', 63), 4))[..253];

    public static TheoryData<string, string> Names => new()
    {
        { "www.example.com", "www.example.com" },
        { "WWW.Example.COM", "www.example.com" },
        { "www.example.com.", "www.example.com" },
        { "localhost", "localhost" },
        { "xn--bcher-kva.example", "xn--bcher-kva.example" },
        { "outbound_.80_._.httpbin.default.svc.cluster.local", "outbound_.80_._.httpbin.default.svc.cluster.local" },
        { "-a-", "-a-" },
        { "1.2.3", "1.2.3" },
        { "256.1.1.1", "256.1.1.1" },
        { "1.2.3.4.5", "1.2.3.4.5" },
        { "deadbeef", "deadbeef" },
        { Longest, Longest },
        { Longest + ".", Longest },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_HostName_IsInLowerCaseWithoutDotAtItsEnd(string sent, string expected) => Assert.Equal((expected, null), Read(NameData(Encoding.Latin1.GetBytes(sent))));

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::1")]
    [InlineData("2001:DB8::1")]
    [InlineData("::ffff:192.0.2.1")]
    public void Read_Address_IsNoName(string sent) => Assert.Equal((null, null), Read(NameData(Encoding.ASCII.GetBytes(sent))));

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("a..")]
    [InlineData("*.example.com")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a:443")]
    [InlineData("[::1]")]
    [InlineData("fe80::1%lo")]
    [InlineData("www.example.com\0")]
    [InlineData("\0")]
    [InlineData("b\u00fccher.example")]
    [InlineData("a\r\n")]
    public void Read_NoHostName_IsUnrecognized(string sent)
    {
        var (name, alert) = Read(NameData(Encoding.Latin1.GetBytes(sent)));
        Assert.Equal((null, TlsAlert.UnrecognizedName), (name, alert));
    }

    [Fact]
    public void Read_TooLong_IsUnrecognized()
    {
        foreach (var name in new[] { Longest + "a", new string('a', 64), "a." + new string('a', 64), new string('a', 20_000) })
        {
            Assert.Equal((null, TlsAlert.UnrecognizedName), Read(NameData(Encoding.Latin1.GetBytes(name))));
        }
    }

    [Fact]
    public void Read_NoHostName_IsSaidInWords() => Assert.Equal(
        @"the server name 'a\x00b' is not a host name; expected letters, digits, '-' and '_' in labels of 1 to 63 with dots between them, at most 253 in all",
        ServerNameReader.Read(NameData("a\0b"u8.ToArray()), out _)!.Value.Error);

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0000")]
    [InlineData("0001 00")]
    [InlineData("0003 00 0000")]
    [InlineData("0003 01 0000")]
    [InlineData("0004 00 0002 61")]
    [InlineData("0005 00 0001 61")]
    [InlineData("0004 00 0001 61 00")]
    [InlineData("0006 00 0001 61 00 00")]
    [InlineData("0008 00 0001 61 00 0001 62")]
    [InlineData("0008 00 0001 61 00 0001 61")]
    public void Read_ListThatDoesNotAddUpOrHasTwoNames_IsADecodeError(string data) =>
        Assert.Equal((null, TlsAlert.DecodeError), Read(Convert.FromHexString(data.Replace(" ", "", StringComparison.Ordinal))));

    [Theory]
    [InlineData("0008 00 0001 61 01 0001 00")]
    [InlineData("0008 01 0001 00 00 0001 61")]
    [InlineData("0010 FF 0001 00 01 0002 0000 01 0000 00 0001 61")]
    public void Read_NamesOfOtherTypes_ArePassedOver(string data)
    {
        // The last one has an empty name, which no type may have.
        var (name, alert) = Read(Convert.FromHexString(data.Replace(" ", "", StringComparison.Ordinal)));
        Assert.Equal(data.Contains("01 0000", StringComparison.Ordinal) ? (null, TlsAlert.DecodeError) : ("a", default(TlsAlert?)), (name, alert));
    }

    [Fact]
    public void Read_NoNameOfTheType_IsNone() => Assert.Equal((null, null), Read([0, 4, 7, 0, 1, 97]));

    private static (string? Name, TlsAlert? Alert) Read(byte[] data) => ServerNameReader.Read(data, out var name) is { } refused ? (name, refused.Alert) : (name, null);
}
