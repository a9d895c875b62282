using System.Text;
using Linkerd.Tcp.Security.Hello;
using Xunit;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>First bytes that are not TLS.</summary>
public sealed class PlainBytesTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n", PlainKind.Http)]
    [InlineData("POST /x HTTP/1.1\r\n", PlainKind.Http)]
    [InlineData("CONNECT a:443 HTTP/1.1\r\n", PlainKind.Http)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", PlainKind.Http)]
    [InlineData("GETTING", PlainKind.Text)]
    [InlineData("G", PlainKind.Text)]
    [InlineData("SSH-2.0-OpenSSH_9.2p1\r\n", PlainKind.Text)]
    [InlineData("EHLO mail.example\r\n", PlainKind.Text)]
    [InlineData("*1\r\n$4\r\nPING\r\n", PlainKind.Text)]
    [InlineData("\u0080\u002e\u0001\u0003\u0001\0\u0015\0\0\0\u0010", PlainKind.Ssl2Hello)]
    [InlineData("\u0080\u002e\u0001\0\u0002", PlainKind.Ssl2Hello)]
    [InlineData("\u00ff\u00ff\u0001\u0003\u0003", PlainKind.Ssl2Hello)]
    [InlineData("\u0080\u002e\u0001", PlainKind.Other)]
    [InlineData("\u0080\u002e\u0002\u0003\u0001", PlainKind.Other)]
    [InlineData("\0\0\0\u0008\u0004\u00d2\u0016\u002f", PlainKind.Other)]
    [InlineData("\u0016\u0016", PlainKind.Other)]
    [InlineData("\u007f", PlainKind.Other)]
    public void Read_OtherBytes_AreNotTls(string bytes, object kind)
    {
        var result = ClientHelloReaderTests.Read(Encoding.Latin1.GetBytes(bytes));
        Assert.Equal((ClientHelloStatus.NotTls, (PlainKind)kind), (result.Status, result.PlainKind));
        Assert.StartsWith("the client sent ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_EveryFirstByte_IsKnownAtOnce()
    {
        for (var value = 0; value < 256; value++)
        {
            var mayBeTls = value is >= 20 and <= 24;
            Assert.Equal(mayBeTls ? ClientHelloStatus.NeedsMore : ClientHelloStatus.NotTls, ClientHelloReaderTests.Read([(byte)value]).Status);
            Assert.Equal(mayBeTls ? ClientHelloStatus.Malformed : ClientHelloStatus.NotTls, ClientHelloReaderTests.Read([(byte)value, 3, 3, 0x40, 1]).Status);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n", @"the client sent an HTTP request without TLS, 'GET / HTTP/1.1\x0D\x0AHost: a\x0D'...; expected a TLS ClientHello")]
    [InlineData("SSH-2.0-x'\\\r\n", @"the client sent text, 'SSH-2.0-x\x27\x5C\x0D\x0A'; expected a TLS ClientHello")]
    [InlineData("\u0080\u002e\u0001\u0003\u0001", @"the client sent a ClientHello of SSL 2.0, '\x80.\x01\x03\x01'; expected a TLS ClientHello")]
    [InlineData("\0\u00ff", @"the client sent bytes that are not TLS, '\x00\xFF'; expected a TLS ClientHello")]
    public void Read_OtherBytes_AreSaidInWords(string bytes, string words) => Assert.Equal(words, ClientHelloReaderTests.Read(Encoding.Latin1.GetBytes(bytes)).Error);
}
