using Linkerd.Tcp.Security.Hello;
using Xunit;

namespace Linkerd.Tcp.Tests.Security;

public sealed class GreetingReaderTests
{
    private static readonly byte[] Ssl = [0, 0, 0, 8, 4, 210, 22, 47];
    private static readonly byte[] Gss = [0, 0, 0, 8, 4, 210, 22, 48];
    private static readonly byte[] Cancel = [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2];
    private static readonly byte[] Startup = [0, 0, 0, 16, 0, 3, 0, 0, (byte)'u', 0, (byte)'x', 0, 0, 0, 0, 0];
    private static readonly byte[] Hello = new HelloBuilder().WithName("a.test").Bytes();

    [Fact]
    public void Read_Hello_IsTheHello()
    {
        var reader = default(GreetingReader);
        Assert.Equal("a.test", reader.Read(Hello).Hello.Hello!.ServerName);
        Assert.False(reader.HasAskedForTls);
    }

    [Fact]
    public void Read_SslRequestByteByByte_IsAnsweredOnceAndAHelloMustFollow()
    {
        var reader = default(GreetingReader);
        for (var length = 1; length < Ssl.Length; length++)
        {
            Assert.Equal((0, ClientHelloStatus.NeedsMore, null), Of(reader.Read(Ssl.AsSpan(0, length))));
        }

        Assert.Equal((byte)'S', reader.Read(Ssl).Answer);
        Assert.True(reader.HasAskedForTls);
        Assert.Equal(ClientHelloStatus.NeedsMore, reader.Read(Hello.AsSpan(0, 1)).Hello.Status);
        Assert.Equal("a.test", reader.Read(Hello).Hello.Hello!.ServerName);
    }

    [Fact]
    public void Read_GssRequest_IsRefusedOnceAndAnyOtherMayFollow()
    {
        foreach (var next in new[] { Ssl, Cancel, Startup, Hello })
        {
            var reader = default(GreetingReader);
            Assert.Equal((byte)'N', reader.Read(Gss).Answer);
            var result = reader.Read(next);
            Assert.Null(result.Violation);
            Assert.Equal(next == Ssl, result.Answer == 'S');
            Assert.Equal(next == Hello ? ClientHelloStatus.Done : next == Ssl ? ClientHelloStatus.NeedsMore : ClientHelloStatus.NotTls, result.Hello.Status);
        }

        var again = default(GreetingReader);
        again.Read(Gss);
        Assert.Contains("second PostgreSQL GSSENCRequest", again.Read(Gss).Violation, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BytesBehindARequest_IsAViolation()
    {
        foreach (var request in new[] { Ssl, Gss })
        {
            var reader = default(GreetingReader);
            Assert.Contains("CVE-2021-23214", reader.Read([.. request, 22]).Violation, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_NoTlsAfterAnSslRequest_IsAViolation()
    {
        foreach (var next in new[] { Ssl, Gss, Cancel, Startup, "GET / HTTP/1.0\r\n\r\n"u8.ToArray() })
        {
            var reader = default(GreetingReader);
            reader.Read(Ssl);
            Assert.StartsWith("after an SSLRequest of PostgreSQL the client sent", reader.Read(next).Violation, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_PostgresWithoutTls_IsNotTlsAndSaysWhat()
    {
        foreach (var (request, word) in new[] { (Cancel, "CancelRequest"), (Startup, "StartupMessage") })
        {
            var reader = default(GreetingReader);
            var result = reader.Read(request);
            Assert.Equal((ClientHelloStatus.NotTls, PlainKind.Postgres), (result.Hello.Status, result.Hello.PlainKind));
            Assert.Contains(word, result.Hello.Error, StringComparison.Ordinal);
        }
    }

    private static (int Answer, ClientHelloStatus Status, string? Violation) Of(GreetingResult result) => (result.Answer, result.Hello.Status, result.Violation);
}
