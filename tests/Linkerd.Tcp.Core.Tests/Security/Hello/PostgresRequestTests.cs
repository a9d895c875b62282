using Linkerd.Tcp.Security.Hello;
using Xunit;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>The first bytes of PostgreSQL clients.</summary>
public sealed class PostgresRequestTests
{
    [Theory]
    [InlineData("00000008 04D2162F", PostgresRequestKind.Ssl, 8)]
    [InlineData("00000008 04D21630", PostgresRequestKind.GssEncryption, 8)]
    [InlineData("00000010 04D2162E 0000303912345678", PostgresRequestKind.Cancel, 16)]
    [InlineData("0000002C 04D2162E", PostgresRequestKind.Cancel, 44)]
    [InlineData("0000010C 04D2162E", PostgresRequestKind.Cancel, 268)]
    [InlineData("00000008 00030000", PostgresRequestKind.Startup, 8)]
    [InlineData("00000029 00030000 75736572007500", PostgresRequestKind.Startup, 41)]
    [InlineData("00000029 00030002", PostgresRequestKind.Startup, 41)]
    [InlineData("00000029 0003270F", PostgresRequestKind.Startup, 41)]
    [InlineData("00002714 00030000", PostgresRequestKind.Startup, 10004)]
    [InlineData("16", PostgresRequestKind.DirectTls, 0)]
    [InlineData("160301", PostgresRequestKind.DirectTls, 0)]
    [InlineData("00000009 04D2162F", PostgresRequestKind.Other, 0)]
    [InlineData("00000010 04D2162F", PostgresRequestKind.Other, 0)]
    [InlineData("00000010 04D21630", PostgresRequestKind.Other, 0)]
    [InlineData("0000000F 04D2162E", PostgresRequestKind.Other, 0)]
    [InlineData("0000010D 04D2162E", PostgresRequestKind.Other, 0)]
    [InlineData("00000008 04D21631", PostgresRequestKind.Other, 0)]
    [InlineData("00000128 00020000", PostgresRequestKind.Other, 0)]
    [InlineData("00000008 FFFF0000", PostgresRequestKind.Other, 0)]
    [InlineData("00000007", PostgresRequestKind.Other, 0)]
    [InlineData("00000000", PostgresRequestKind.Other, 0)]
    [InlineData("00002715", PostgresRequestKind.Other, 0)]
    [InlineData("01", PostgresRequestKind.Other, 0)]
    [InlineData("0001", PostgresRequestKind.Other, 0)]
    [InlineData("80", PostgresRequestKind.Other, 0)]
    [InlineData("474554", PostgresRequestKind.Other, 0)]
    public void Read_FirstBytes_AreOfAKind(string hex, object kind, int length)
    {
        var bytes = Bytes(hex);
        var expected = new PostgresRequest((PostgresRequestKind)kind, length);
        Assert.Equal(expected, PostgresRequest.Read(bytes));
        Assert.Equal(expected, PostgresRequest.Read([.. bytes, 0x16, 3, 1]));
    }

    [Theory]
    [InlineData("00000008 04D2162F")]
    [InlineData("00000010 04D2162E")]
    [InlineData("00002714 00030000")]
    public void Read_FewerBytes_NeedMore(string hex)
    {
        for (var length = 0; length < 8; length++)
        {
            Assert.Equal(new PostgresRequest(PostgresRequestKind.NeedsMore, 0), PostgresRequest.Read(Bytes(hex).AsSpan(0, length)));
        }
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
