using System.Net;
using System.Text;
using CsCheck;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming.Files;

namespace Linkerd.Tcp.Naming.Tests.Files;

public sealed class EndpointFileParserTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\n\n \t\r\n")]
    [InlineData("# 127.0.0.1 80")]
    [InlineData("#\n  # more\r\n\f\v")]
    [InlineData("\uFEFF")]
    public void Parse_NoLineOfAnAddress_HasNoEndpoint(string text)
    {
        Assert.Equal(new EndpointFile([], null, 0), EndpointFileParser.Parse(text));
    }

    [Theory]
    [InlineData("127.0.0.1 8080", "127.0.0.1", 8080, 1.0)]
    [InlineData("\t127.0.0.1 \v 8080\t*\f0.5 \r\n", "127.0.0.1", 8080, 0.5)]
    [InlineData("127.0.0.1 8080 # comment * 2", "127.0.0.1", 8080, 1.0)]
    [InlineData("127.0.0.1 8080#comment", "127.0.0.1", 8080, 1.0)]
    [InlineData("127.0.0.1 8080 * 1e3#", "127.0.0.1", 8080, 1000.0)]
    [InlineData("::1 65535", "::1", 65535, 1.0)]
    [InlineData("[::1] 80", "::1", 80, 1.0)]
    [InlineData("fe80::1%3 80", "fe80::1%3", 80, 1.0)]
    [InlineData("\uFEFF10.0.0.1 0080", "10.0.0.1", 80, 1.0)]
    public void Parse_Address_IsReadWithoutALookup(string text, string address, int port, double weight)
    {
        var endpoint = Assert.Single(EndpointFileParser.Parse(text).Endpoints);

        Assert.Equal((IPAddress.Parse(address), port, weight), (endpoint.Address, endpoint.Port, endpoint.Weight));
    }

    [Theory]
    [InlineData("db.example 5432", "db.example")]
    [InlineData("localhost 80", "localhost")]
    [InlineData("[::1]:80 80", "[::1]:80")]
    [InlineData("fe80::1%no-such-if 80", "fe80::1%no-such-if")]
    [InlineData("[fe80::1%no-such-if] 80", "[fe80::1%no-such-if]")]
    [InlineData("\u00fc\u00df 80", "\u00fc\u00df")]
    public void Parse_HostName_IsLeftToALookup(string text, string host)
    {
        Assert.Equal((host, null), (EndpointFileParser.Parse(text).Endpoints[0].Host, EndpointFileParser.Parse(text).Endpoints[0].Address));
    }

    [Theory]
    [InlineData("010.0.0.1")]
    [InlineData("127.1")]
    [InlineData("8080")]
    [InlineData("0x7f.0.0.1")]
    public void Parse_NumbersThatAreNoAddress_AreMalformed(string host)
    {
        var file = EndpointFileParser.Parse($"10.0.0.1 80\n{host} 80\n");

        Assert.Equal(new EndpointFile([], $"malformed address: {host}: expected {AddressLiteral.Expected}, or a host name", 2), file);
    }

    [Theory]
    [InlineData("2", 2)]
    [InlineData("+2", 2)]
    [InlineData("0", 0)]
    [InlineData("-1", -1)]
    [InlineData("-0", -0.0)]
    [InlineData(".5", 0.5)]
    [InlineData("5.", 5)]
    [InlineData("1e3", 1000)]
    [InlineData("1E-3", 0.001)]
    [InlineData("1e999", double.PositiveInfinity)]
    [InlineData("1.5f", 1.5)]
    [InlineData("2D", 2)]
    [InlineData("NaN", double.NaN)]
    [InlineData("+NaN", double.NaN)]
    [InlineData("Infinity", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("0x1p3", 8)]
    [InlineData("0X1.8P-1", 0.75)]
    [InlineData("0x.8p1d", 1)]
    public void Parse_WeightAsJavaReadsIt_IsRead(string text, double weight)
    {
        Assert.Equal(weight, Assert.Single(EndpointFileParser.Parse($"127.0.0.1 80 * {text}").Endpoints).Weight);
    }

    [Theory]
    [InlineData("bad line here")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:80")]
    [InlineData("127.0.0.1 0")]
    [InlineData("127.0.0.1 65536")]
    [InlineData("127.0.0.1 99999999999999999999")]
    [InlineData("127.0.0.1 -1")]
    [InlineData("127.0.0.1 http")]
    [InlineData("127.0.0.1 80*0.5")]
    [InlineData("127.0.0.1 80 *0.5")]
    [InlineData("127.0.0.1 80 *")]
    [InlineData("127.0.0.1 80 0.5")]
    [InlineData("127.0.0.1 80 * 0.5 x")]
    [InlineData("127.0.0.1 80 * nan")]
    [InlineData("127.0.0.1 80 * \u221e")]
    [InlineData("127.0.0.1 80 * inf")]
    [InlineData("127.0.0.1 80 * 1,5")]
    [InlineData("127.0.0.1 80 * 1e")]
    [InlineData("127.0.0.1 80 * e1")]
    [InlineData("127.0.0.1 80 * .")]
    [InlineData("127.0.0.1 80 * --1")]
    [InlineData("127.0.0.1 80 * 1ff")]
    [InlineData("127.0.0.1 80 * 0x1")]
    [InlineData("127.0.0.1 80 * 0xp1")]
    [InlineData("127.0.0.1 80 * 0x1p")]
    [InlineData("127.0.0.1 80 * 0x1.1.1p1")]
    [InlineData("127.0.0.1\u00a080")]
    [InlineData("\0\0\0\0")]
    public void Parse_MalformedLine_FailsTheFileAndNamesTheLine(string line)
    {
        Assert.Equal(
            new EndpointFile([], $"malformed address: {line}", 3),
            EndpointFileParser.Parse($"127.0.0.1 8080\n\n  {line}\t# comment\r\n127.0.0.1 8081"));
    }

    [Fact]
    public void Parse_LongMalformedLine_IsShownInPart()
    {
        Assert.Equal($"malformed address: {new string('x', 200)}...", EndpointFileParser.Parse(new string('x', 100_000)).Error);
    }

    [Fact]
    public void Parse_MoreThan500Kilobytes_Fails()
    {
        var most = Encoding.UTF8.GetBytes("127.0.0.1 80\n".PadRight(EndpointFileParser.MaxBytes, '#'));

        Assert.Null(EndpointFileParser.Parse(most).Error);
        Assert.Equal("a file of at most 512000 bytes was expected", EndpointFileParser.Parse([.. most, (byte)'#']).Error);
    }

    [Fact]
    public void Parse_BytesThatAreNoText_DoNotThrow()
    {
        string[] words = [" ", "\n", "*", "#", "127.0.0.1", "::1", "80", "0", "x", "1e3", "0x", "p1", "\r", "NaN", "."];
        var piece = Gen.Int[0, words.Length - 1].Select(i => words[i]);
        Gen.Select(piece.Array[0, 30], Gen.Byte.Array[0, 5], (pieces, odd) => (byte[])[.. Encoding.UTF8.GetBytes(string.Concat(pieces)), .. odd]).Sample(bytes =>
        {
            var file = EndpointFileParser.Parse(bytes);

            Assert.True(file.Error is null ? file.ErrorLine == 0 : file.Endpoints.IsEmpty);
            Assert.All(file.Endpoints, endpoint => Assert.InRange(endpoint.Port, 1, 65535));
        });
    }
}
