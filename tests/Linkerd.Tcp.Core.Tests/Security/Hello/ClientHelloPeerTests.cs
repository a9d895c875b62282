using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Hello;
using Xunit;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>The same bytes, read by servers that others wrote; and alerts, read by a client.</summary>
public sealed class ClientHelloPeerTests
{
    [Fact]
    public void Read_RecordedClients_AreReadByOpenSslAsWell()
    {
        Assert.SkipUnless(LibSslServer.IsPresent, "libssl.so.3 is not there");
        foreach (var (name, bytes) in RecordedHellos.Bytes)
        {
            var (isRead, serverName) = LibSslServer.Read(bytes);
            Assert.Equal((name, true, ClientHelloReaderTests.Done(bytes).ServerName), (name, isRead, serverName?.ToLowerInvariant()));
        }
    }

    [Fact]
    public void Read_GeneratedHellos_AreReadByOpenSslAsWell()
    {
        Assert.SkipUnless(LibSslServer.IsPresent, "libssl.so.3 is not there");
        var random = RandomSource.Seeded(44);
        for (var i = 0; i < 1_000; i++)
        {
            var hello = new GeneratedHello(random);
            var (isRead, serverName) = LibSslServer.Read(hello.Records);
            Assert.True(isRead, $"{i}: {Convert.ToHexString(hello.Records)}");
            Assert.Equal(ClientHelloReaderTests.Done(hello.Records).ServerName, serverName?.ToLowerInvariant().TrimEnd('.'));
        }
    }

    // Where both read a name, it is the same one: no hello can be routed by one name and served by another.
    [Fact]
    public void Read_DamagedHellosThatOpenSslReads_HaveNoOtherName()
    {
        Assert.SkipUnless(LibSslServer.IsPresent, "libssl.so.3 is not there");
        var random = RandomSource.Seeded(45);
        var hellos = RecordedHellos.Bytes.Select(hello => hello.Bytes).ToArray();
        var both = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var bytes = (byte[])hellos[i % hellos.Length].Clone();
            var at = (int)(random.NextUInt64() % (ulong)bytes.Length);
            bytes[at] = (byte)random.NextUInt64();
            var result = ClientHelloReaderTests.Read(bytes);
            var (isRead, serverName) = LibSslServer.Read(bytes);
            if (isRead && result.Hello is { } hello)
            {
                both++;
                Assert.Equal(hello.ServerName, serverName?.ToLowerInvariant().TrimEnd('.'));
            }
            else if (isRead)
            {
                // A name with characters that host names do not have.
                Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.UnrecognizedName), (result.Status, result.Alert));
            }
        }

        Assert.InRange(both, 1_000, 5_000);
    }

    [Fact]
    public async Task Read_RecordedClients_AreReadBySslStreamAsWell()
    {
        foreach (var (name, bytes) in RecordedHellos.Bytes)
        {
            // SslStream looks for the name in one record alone.
            if (name != "openssl-fragments")
            {
                Assert.Equal((name, ClientHelloReaderTests.Done(bytes).ServerName ?? string.Empty), (name, (await ReadBySslStreamAsync(bytes)).ToLowerInvariant()));
            }
        }
    }

    [Fact]
    public async Task Read_GeneratedHellosOfOneRecord_AreReadBySslStreamAsWell()
    {
        var random = RandomSource.Seeded(46);
        var compared = 0;
        for (var i = 0; i < 1_000; i++)
        {
            var hello = new GeneratedHello(random);
            if (hello.IsOneRecord)
            {
                compared++;
                Assert.Equal(hello.Expected.ServerName ?? string.Empty, (await ReadBySslStreamAsync(hello.Records)).ToLowerInvariant().TrimEnd('.'));
            }
        }

        Assert.InRange(compared, 200, 1_000);
    }

    [Theory]
    [InlineData(TlsAlert.UnexpectedMessage, 10)]
    [InlineData(TlsAlert.RecordOverflow, 22)]
    [InlineData(TlsAlert.HandshakeFailure, 40)]
    [InlineData(TlsAlert.IllegalParameter, 47)]
    [InlineData(TlsAlert.DecodeError, 50)]
    [InlineData(TlsAlert.ProtocolVersion, 70)]
    [InlineData(TlsAlert.InternalError, 80)]
    [InlineData(TlsAlert.UnrecognizedName, 112)]
    [InlineData(TlsAlert.NoApplicationProtocol, 120)]
    public async Task Record_OfAnAlert_IsUnderstoodByAClient(object alert, byte number)
    {
        var record = TlsAlerts.Record((TlsAlert)alert);
        Assert.Equal([21, 3, 3, 0, 2, 2, number], record);
        foreach (var versions in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
        {
            using var client = new SslStream(new AnsweringStream(record));
            var error = await Assert.ThrowsAnyAsync<AuthenticationException>(() => client.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "www.example.com", EnabledSslProtocols = versions }, TestContext.Current.CancellationToken));
            var words = string.Concat(error, error.InnerException);
            Assert.True(!LibSslServer.IsPresent || words.Contains("alert", StringComparison.OrdinalIgnoreCase) || words.Contains("unrecognized name", StringComparison.OrdinalIgnoreCase), words);
        }
    }

    private static async Task<string> ReadBySslStreamAsync(byte[] bytes)
    {
        string? name = null;
        await using var server = new SslStream(new AnsweringStream(bytes));
        await Assert.ThrowsAnyAsync<Exception>(() => server.AuthenticateAsServerAsync(
            (_, hello, _, _) =>
            {
                name = hello.ServerName;
                throw new AuthenticationException("That is all that was asked.");
            },
            null,
            TestContext.Current.CancellationToken));
        // It gives names as they are displayed.
        return name is null ? "(the hello was not read)" : name.Length == 0 ? name : new IdnMapping().GetAscii(name);
    }

    /// <summary>A peer that says a few bytes whatever it hears, and ends.</summary>
    private sealed class AnsweringStream(byte[] answer) : Stream
    {
        private readonly MemoryStream _answer = new(answer);

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => _answer.Read(buffer, offset, count);

        public override int Read(Span<byte> buffer) => _answer.Read(buffer);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _answer.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count)
        {
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
