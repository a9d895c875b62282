using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.ProxyProtocol;
using Xunit;
using static Linkerd.Tcp.Tests.ProxyVectors;

namespace Linkerd.Tcp.Tests;

/// <summary>Version 2: section 2.2 of proxy-protocol.txt.</summary>
public sealed class ProxyBinaryTests
{
    private static readonly string Unix = Path("/run/a.sock") + Path("\0abstract");

    [Theory]
    [InlineData("21", "11", Inet, "192.0.2.1:56324", "198.51.100.7:443")]
    [InlineData("21", "21", Inet6, "[2001:db8::1]:56324", "[2001:db8::2]:443")]
    [InlineData("21", "21", "00000000000000000000FFFFC0000201 20010DB8000000000000000000000002 DC04 01BB", "192.0.2.1:56324", "[2001:db8::2]:443")]
    [InlineData("21", "21", "00000000000000000000FFFFC0000201 00000000000000000000FFFFC6336407 DC04 01BB", "192.0.2.1:56324", "198.51.100.7:443")]
    public void Read_Addresses_AreThoseOfTheHeader(string command, string family, string block, string source, string destination)
    {
        byte[] bytes = [.. V2(command, family, block), 1, 2, 3];
        var result = ProxyHeader.Read(bytes);
        Assert.Equal((ProxyReadStatus.Done, bytes.Length - 3), (result.Status, result.Consumed));
        Assert.Equal(ProxyCommand.Proxy, result.Header!.Command);
        Assert.Equal((IPEndPoint.Parse(source), IPEndPoint.Parse(destination)), (result.Header.Source, result.Header.Destination));
    }

    [Fact]
    public void Read_UnixAddresses_ArePathsAndAbstractNames()
    {
        var header = Done(V2("21", "31", Unix));
        Assert.Equal((new UnixDomainSocketEndPoint("/run/a.sock"), new UnixDomainSocketEndPoint("\0abstract")), (header.Source, header.Destination));

        // A client's socket has no name most often; a path of 108 bytes has no zero behind it, and .NET has no such address.
        header = Done(V2("21", "31", Path("") + Path("/s")));
        Assert.Equal((null, new UnixDomainSocketEndPoint("/s")), (header.Source, header.Destination));
        Assert.Null(Done(V2("21", "31", Path(new string('x', 108)) + Path("/s"))).Source);
        Assert.Null(Done(V2("21", "31", "FF" + Path("")[2..] + Path("/s"))).Source);
    }

    // Families and protocols that are valid and mean nothing here fall back to UNSPEC ("automatically falls back to the UNSPEC mode for the valid combinations").
    [Theory]
    [InlineData("20", "00", "")]
    [InlineData("20", "11", Inet)]
    [InlineData("20", "21", "")]
    [InlineData("20", "FF", "0102")]
    [InlineData("20", "00", "01")]
    [InlineData("20", "00", "050004 01")]
    [InlineData("21", "00", "")]
    [InlineData("21", "01", "")]
    [InlineData("21", "10", Inet)]
    [InlineData("21", "12", Inet)]
    [InlineData("21", "22", Inet6)]
    public void Read_LocalUnspecAndDatagrams_HaveNoAddresses(string command, string family, string rest)
    {
        var bytes = V2(command, family, rest);
        var result = ProxyHeader.Read([.. bytes, 9]);
        Assert.Equal((ProxyReadStatus.Done, bytes.Length), (result.Status, result.Consumed));
        Assert.Equal((command == "20" ? ProxyCommand.Local : ProxyCommand.Proxy, null, null), (result.Header!.Command, result.Header.Source, result.Header.Destination));
        Assert.Empty(result.Header.Tlvs);
    }

    [Theory]
    [InlineData("21", "11", Inet)]
    [InlineData("21", "00", "")]
    [InlineData("20", "00", "")]
    public void Read_Tlvs_AreKeptAsTheyCame(string command, string family, string addresses)
    {
        var header = Done(V2(command, family, $"{addresses} 01 0002 6832 02 0003 C3A978 04 0000 05 0002 00FF 20 0008 03 00000001 21 0000 30 0003 6E7331 E0 0001 07 E0 0001 08"));
        Assert.Equal(
            [
                (ProxyTlvType.Alpn, "6832"), (ProxyTlvType.Authority, "C3A978"), (ProxyTlvType.Noop, ""), (ProxyTlvType.UniqueId, "00FF"), (ProxyTlvType.Ssl, "0300000001210000"),
                (ProxyTlvType.NetworkNamespace, "6E7331"), ((ProxyTlvType)0xE0, "07"), ((ProxyTlvType)0xE0, "08"),
            ],
            header.Tlvs.Select(tlv => (tlv.Type, Convert.ToHexString(tlv.Value.Span))));
        Assert.Equal("éx", header.Authority);
        Assert.True(header.TryGetTlv(0x30, out var network) && network.Span.SequenceEqual("ns1"u8));
        Assert.Equal("h2"u8, header.Alpn.Span);
        Assert.Equal(new byte[] { 0, 255 }, header.UniqueId.ToArray());
        Assert.True(header.TryGetTlv(0x20, out var ssl));
        Assert.Equal("0300000001210000", Convert.ToHexString(ssl.Span));
        Assert.True(header.TryGetTlv(0xE0, out var first) && first.Span[0] == 7);
        Assert.False(header.TryGetTlv(0xE1, out _));
    }

    [Fact]
    public void Read_NoTlvs_HasNoneOfThem()
    {
        var header = Done(V2("21", "11", Inet));
        Assert.Equal((null, true, true), (header.Authority, header.Alpn.IsEmpty, header.UniqueId.IsEmpty));
        Assert.False(header.TryGetTlv(0x20, out _) || header.TryGetTlv(0x30, out _));
        Assert.Null(Done(V2("21", "11", Inet + "02 0001 FF")).Authority);
        Assert.Equal("", Done(V2("21", "11", Inet + "02 0000")).Authority);
    }

    [Theory]
    [InlineData("11 11 000C", "the version and command of the PROXY header, at offset 12, is 0x11; expected 0x20 (version 2, LOCAL) or 0x21 (version 2, PROXY)")]
    [InlineData("31", "version and command")]
    [InlineData("22", "version and command of the PROXY header, at offset 12, is 0x22")]
    [InlineData("21 41", "the family and protocol of the PROXY header, at offset 13, is 0x41; expected a family from 0 to 3")]
    [InlineData("21 F1", "family and protocol")]
    [InlineData("21 13", "family and protocol of the PROXY header, at offset 13, is 0x13")]
    [InlineData("21 11 000B", "the length of the PROXY header, at offset 14, is 11; expected at least 12, the two addresses of INET")]
    [InlineData("21 12 0000", "expected at least 12")]
    [InlineData("21 21 0023", "expected at least 36, the two addresses of INET6")]
    [InlineData("21 31 00D7", "expected at least 216, the two addresses of UNIX")]
    [InlineData("21 11 3BF1", "the length of the PROXY header, at offset 14, is 15345; expected at most 15344")]
    [InlineData("20 00 FFFF", "the length of the PROXY header, at offset 14, is 65535; expected at most 15344")]
    [InlineData($"21 11 000D {Inet} 02", "the optional field 0x02 of the PROXY header, at offset 28, is longer than the 1 bytes that are left; expected it to end at offset 29")]
    [InlineData($"21 11 000E {Inet} 02 00", "is longer than the 2 bytes")]
    [InlineData($"21 11 0012 {Inet} 02 0004 616263", "the optional field 0x02 of the PROXY header, at offset 28, is longer than the 6 bytes that are left")]
    [InlineData($"21 11 0012 {Inet} 03 0003 616263", "the optional field 0x03 of the PROXY header, at offset 28, has 3 bytes; expected 4")]
    [InlineData($"21 11 0013 {Inet} 20 0004 01000000", "the optional field 0x20 of the PROXY header, at offset 28, has 4 bytes; expected at least 5")]
    [InlineData($"21 11 0013 {Inet} 03 0004 01020304", "the checksum of the PROXY header, at offset 31, is 0x01020304; expected 0x")]
    [InlineData("20 00 0007 03 0004 01020304", "the checksum of the PROXY header, at offset 19, is 0x01020304; expected 0x")]
    [InlineData("21 00 0002 0102", "the optional field 0x01 of the PROXY header, at offset 16")]
    public void Read_OtherBytes_AreRefusedInWords(string rest, string error)
    {
        var result = ProxyHeader.Read(Hex($"{Signature} {rest}"));
        Assert.Equal((ProxyReadStatus.Invalid, null, 0), (result.Status, result.Header, result.Consumed));
        Assert.Contains(error, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_UniqueId_IsOf128BytesAtMost()
    {
        Assert.Equal(128, Done(V2("21", "11", $"{Inet} 05 0080 {new string('A', 256)}")).UniqueId.Length);
        Assert.Contains("has 129 bytes; expected at most 128", ProxyHeader.Read(V2("21", "11", $"{Inet} 05 0081 {new string('A', 258)}")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TwoChecksums_AreRefused() =>
        Assert.Contains("expected no second checksum", ProxyHeader.Read(V2("21", "11", $"{Inet} 03 0004 00000000 03 0004 00000000")).Error, StringComparison.Ordinal);

    [Fact]
    public void Read_Limit_IsTheWholeHeader()
    {
        var header = V2("21", "11", $"{Inet} 04 0064 {new string('0', 200)}");
        Assert.Equal(ProxyReadStatus.Done, ProxyHeader.Read(header, header.Length).Status);
        Assert.Equal(ProxyReadStatus.Invalid, ProxyHeader.Read(header.AsSpan(0, 16), header.Length - 1).Status);
        Assert.Throws<ArgumentOutOfRangeException>(() => ProxyHeader.Read(header, 106));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProxyHeader.Read(header, 65329));
    }

    [Fact]
    public void Checksum_OfRfc3720_IsTheOneOfItsTable()
    {
        // RFC 3720, B.4: 32 bytes of zeros; and the check value of the catalogues, of "123456789".
        Assert.Equal(0x8A9136AAu, ChecksumOf(new byte[32]));
        Assert.Equal(0xE3069283u, ChecksumOf("123456789"u8));
        Assert.Equal(0x8A9136AAu, ProxyFormat.Checksum(new byte[32], 7));
    }

    private static ProxyHeader Done(byte[] bytes)
    {
        var result = ProxyHeader.Read(bytes);
        Assert.Null(result.Error);
        Assert.Equal(bytes.Length, result.Consumed);
        return result.Header!;
    }

    private static string Path(string path) => Convert.ToHexString(Encoding.UTF8.GetBytes(path)).PadRight(216, '0');
}
