using System.Net;
using Linkerd.Tcp.ProxyProtocol;
using Xunit;
using static Linkerd.Tcp.Tests.ProxyVectors;

namespace Linkerd.Tcp.Tests;

/// <summary>Version 1: section 2.1 of proxy-protocol.txt.</summary>
public sealed class ProxyLineTests
{
    [Theory]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1:56324", "192.168.0.11:443")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535", "255.255.255.255:65535")]
    [InlineData("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0", "0.0.0.0:0")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 56324 443\r\n", "[2001:db8::1]:56324", "[2001:db8::2]:443")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    [InlineData("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "192.0.2.1:1", "[::1]:2")]
    [InlineData("PROXY TCP6 ::ffff:c000:201 :: 1 2\r\n", "192.0.2.1:1", "[::]:2")]
    public void Read_Addresses_AreThoseOfTheLine(string line, string source, string destination)
    {
        var result = ProxyHeader.Read(Ascii(line + "data"));
        Assert.Equal((ProxyReadStatus.Done, line.Length, null), (result.Status, result.Consumed, result.Error));
        Assert.Equal(ProxyCommand.Proxy, result.Header!.Command);
        Assert.Equal((IPEndPoint.Parse(source), IPEndPoint.Parse(destination)), (result.Header.Source, result.Header.Destination));
        Assert.Empty(result.Header.Tlvs);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN \r\n")]
    [InlineData("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n")]
    [InlineData("PROXY UNKNOWN rubbish \u0001\u00ff\0\r\n")]
    public void Read_Unknown_HasNoAddressesWhateverFollows(string line)
    {
        var result = ProxyHeader.Read(Ascii(line + "\r\n"));
        Assert.Equal((ProxyReadStatus.Done, line.Length), (result.Status, result.Consumed));
        Assert.Equal((ProxyCommand.Proxy, null, null), (result.Header!.Command, result.Header.Source, result.Header.Destination));
    }

    [Theory]
    [InlineData("PROXY\r\n", "'PROXY\\x0D\\x0A'; expected a PROXY header")]
    [InlineData("PROXX TCP4", "the connection begins with 'PROXX TCP4'; expected a PROXY header")]
    [InlineData("proxy TCP4", "expected a PROXY header")]
    [InlineData("GET / HTTP/1.1\r\n", "the connection begins with 'GET / HTTP/1.1\\x0D\\x0A'; expected a PROXY header, version 1 (PROXY ...) or 2")]
    [InlineData("\u0016\u0003\u0001", "begins with '\\x16\\x03\\x01'")]
    [InlineData("PROXY \r\n", "the protocol of the PROXY line, at offset 6, is ''; expected TCP4, TCP6 or UNKNOWN")]
    [InlineData("PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "the protocol of the PROXY line, at offset 6, is ''")]
    [InlineData("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n", "the protocol of the PROXY line, at offset 6, is 'UDP4'")]
    [InlineData("PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n", "the protocol")]
    [InlineData("PROXY UNKNOWNX\r\n", "the protocol of the PROXY line, at offset 6, is 'UNKNOWNX'")]
    [InlineData("PROXY TCP4\r\n", "the source address of the PROXY line, at offset 10, is ''; expected an IPv4 address: four numbers from 0 to 255 without leading zeros")]
    [InlineData("PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", "the source address of the PROXY line, at offset 11, is ''")]
    [InlineData("PROXY TCP4 192.0.2.1\t192.0.2.2 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n", "the source address of the PROXY line, at offset 11, is '192.0.2.01'")]
    [InlineData("PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP4 192.0.2.1. 192.0.2.2 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP4 192.0.2.1.1 192.0.2.2 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP4 0xC0.0.2.1 192.0.2.2 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP4 ::1 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.-2 1 2\r\n", "the destination address of the PROXY line, at offset 21, is '192.0.2.-2'")]
    [InlineData("PROXY TCP6 192.0.2.1 ::1 1 2\r\n", "the source address of the PROXY line, at offset 11, is '192.0.2.1'; expected an IPv6 address")]
    [InlineData("PROXY TCP6 fe80::1%1 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 [::1] ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 ::1/64 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 1:2:3:4:5:6:7:8: ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 :1:2:3:4:5:6:7:8 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 1::2::3 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 ::: ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 ::12345 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 ::00001 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 ::ffff:192.0.2.01 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 ::ffff:0xC0.0.2.1 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP6 ::192.0.2.1:1 ::1 1 2\r\n", "the source address")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n", "the source port of the PROXY line, at offset 31, is '01'; expected a number from 0 to 65535 without leading zeros")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", "the destination port of the PROXY line, at offset 33, is '65536'")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 99999999999999999999\r\n", "the destination port")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n", "the source port")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n", "the source port")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", "the destination port of the PROXY line, at offset 32, is ''")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n", "what follows the ports of the PROXY line, at offset 34, is ' '; expected CRLF")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n", "what follows the ports of the PROXY line, at offset 34, is ' 3'")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", "the PROXY line has a LF without a CR before it at offset 34; expected CRLF at its end")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rx", "the PROXY line has a CR without a LF behind it at offset 34")]
    [InlineData("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r\n", "the PROXY line has a CR without a LF behind it at offset 34")]
    [InlineData("PROXY UNKNOWN a\nb\r\n", "the PROXY line has a LF without a CR before it at offset 15")]
    [InlineData("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655355\r\n", "the PROXY line does not end within 107 bytes; expected CRLF")]
    public void Read_OtherSyntax_IsRefusedInWords(string line, string error)
    {
        var result = ProxyHeader.Read(Ascii(line));
        Assert.Equal((ProxyReadStatus.Invalid, null, 0), (result.Status, result.Header, result.Consumed));
        Assert.Contains(error, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LineWithoutEnd_IsRefusedAt107Bytes()
    {
        var line = Ascii("PROXY UNKNOWN " + new string('x', 200));
        Assert.Equal(ProxyReadStatus.NeedsMore, ProxyHeader.Read(line.AsSpan(0, 106)).Status);
        Assert.Equal(ProxyReadStatus.Invalid, ProxyHeader.Read(line.AsSpan(0, 107)).Status);
        Assert.Equal(ProxyReadStatus.Invalid, ProxyHeader.Read(line).Status);
    }
}
