using Linkerd.Tcp.Security.Hello;
using Xunit;
using static Linkerd.Tcp.Tests.Security.HelloBuilder;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>The first bytes of TLS clients: records, and the message in them.</summary>
public sealed class ClientHelloReaderTests
{
    private static readonly byte[] Small = new HelloBuilder().WithName("a.b").Bytes();

    [Theory]
    [MemberData(nameof(RecordedHellos.All), MemberType = typeof(RecordedHellos))]
    public void Read_RecordedClient_HasItsFields(string file, string? serverName, string protocols, int versions, bool hasEncryptedHello)
    {
        var hello = Done(RecordedHellos.Read(file));
        Assert.Equal(serverName, hello.ServerName);
        Assert.Equal(protocols.Split(',', StringSplitOptions.RemoveEmptyEntries), hello.ApplicationProtocols);
        Assert.Equal(((TlsVersions)versions, hasEncryptedHello), (hello.Versions, hello.HasEncryptedHello));
    }

    [Fact]
    public void Read_RecordedClientAtEverySplitPoint_NeedsMoreUntilItsEnd()
    {
        foreach (var (name, bytes) in RecordedHellos.Bytes)
        {
            var end = EndOf(bytes);
            var expected = Done(bytes);
            for (var split = 0; split < end; split++)
            {
                var reader = default(ClientHelloReader);
                Assert.True(reader.Read(bytes.AsSpan(0, split)).Status == ClientHelloStatus.NeedsMore, $"{name}: {split} of {end} bytes");
                AssertSame(expected, reader.Read(bytes).Hello);
                AssertSame(expected, reader.Read(bytes.AsSpan(0, end)).Hello);
            }
        }
    }

    [Fact]
    public void Read_RecordedClientByteByByte_IsTheSame()
    {
        foreach (var (_, bytes) in RecordedHellos.Bytes)
        {
            AssertSame(Done(bytes), ReadByteByByte(bytes, EndOf(bytes)));
        }
    }

    [Fact]
    public void Read_RecordedClientInRecordsOfEverySize_IsTheSame()
    {
        foreach (var (_, bytes) in RecordedHellos.Bytes)
        {
            var message = MessageOf(bytes);
            var expected = Done(bytes);
            for (var size = 1; size <= message.Length; size++)
            {
                AssertSame(expected, Done(Records(message, size)));
            }
        }
    }

    [Fact]
    public void Read_RecordForEachByteAndEmptyOnesBetween_IsTheSame()
    {
        var message = MessageOf(RecordedHellos.Read("chrome-like"));
        var bytes = message.SelectMany((value, i) => (byte[])[.. i % 60 == 0 ? Record([]) : [], .. Record([value])]).ToArray();
        AssertSame(Done(RecordedHellos.Read("chrome-like")), ReadByteByByte(bytes, bytes.Length));
    }

    [Fact]
    public void Read_EmptyRecords_AreBounded()
    {
        byte[] empty = [.. Enumerable.Repeat(Record([]), ClientHelloReader.MaxEmptyRecords).SelectMany(record => record)];
        Assert.Equal("a.b", Done([.. empty, .. Small]).ServerName);
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.UnexpectedMessage), Refusal([.. empty, .. Record([]), .. Small]));
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.UnexpectedMessage), Refusal([.. Record([1]), .. empty, .. Record([])]));
    }

    [Fact]
    public void Read_LongestHello_IsReadInAnyRecords()
    {
        var hello = new HelloBuilder { SessionId = new byte[32], CipherSuites = [.. Enumerable.Range(0, 2000)] }.WithName("www.example.com").WithProtocols("h2").With(0x5A5A);
        hello.With(21, new byte[ClientHelloReader.MaxLength - hello.Body().Length - 4]);
        var message = Message(hello.Body());
        Assert.Equal(ClientHelloReader.MaxLength + 4, message.Length);
        foreach (var size in new[] { 1, 2, 255, 4096, 1 << 14 })
        {
            Assert.Equal("www.example.com", Done(Records(message, size)).ServerName);
        }

        message[3]++;
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.IllegalParameter), Refusal(Record(message[..4])));
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.IllegalParameter), Refusal(Records(message[..4], 1)));
    }

    // The bound on the work: with a call for each byte, records that are whole are not read again before the hello is complete. Were they, this would find other bytes in them.
    [Fact]
    public void Read_RecordsThatAreWhole_AreNotReadAgainBeforeTheEnd()
    {
        const int Size = 100;
        var hello = new HelloBuilder().WithName("www.example.com");
        var bytes = Records(Message(hello.With(21, new byte[60_000]).Body()), Size);
        var seen = (byte[])bytes.Clone();
        var reader = default(ClientHelloReader);
        for (var length = 1; length < bytes.Length; length++)
        {
            seen.AsSpan(0, (length - 1) / (Size + 5) * (Size + 5)).Fill(0xFF);
            Assert.Equal(ClientHelloStatus.NeedsMore, reader.Read(seen.AsSpan(0, length)).Status);
        }

        Assert.Equal("www.example.com", reader.Read(bytes).Hello!.ServerName);
    }

    [Fact]
    public void Read_ManyCalls_AllocateNothingButTheResult()
    {
        var bytes = Records(MessageOf(RecordedHellos.Read("chrome-like")), 7);
        ReadByteByByte(bytes, bytes.Length);
        var before = GC.GetAllocatedBytesForCurrentThread();
        ReadByteByByte(bytes, bytes.Length);

        // The hello, its name, and a list of two protocols whose names are shared.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200);
    }

    [Fact]
    public void Read_BytesBehindIt_AreNotLookedAt()
    {
        var expected = Done(Small);
        foreach (var rest in new byte[][] { [0], [23, 3, 3, 0xFF, 0xFF], [20, 3, 3, 0, 1, 1], "GET /"u8.ToArray(), Small, Record([]) })
        {
            AssertSame(expected, Done([.. Small, .. rest]));
        }

        // A message behind it in the same record: it is for the server to refuse it.
        AssertSame(expected, Done(Record([.. MessageOf(Small), 11, 0, 0, 0])));
    }

    [Theory]
    [InlineData(20, 3, ClientHelloStatus.Malformed, TlsAlert.UnexpectedMessage)]
    [InlineData(21, 3, ClientHelloStatus.Malformed, TlsAlert.UnexpectedMessage)]
    [InlineData(23, 3, ClientHelloStatus.Malformed, TlsAlert.UnexpectedMessage)]
    [InlineData(24, 3, ClientHelloStatus.Malformed, TlsAlert.UnexpectedMessage)]
    [InlineData(22, 2, ClientHelloStatus.NotTls, default(TlsAlert))]
    [InlineData(22, 4, ClientHelloStatus.NotTls, default(TlsAlert))]
    [InlineData(25, 3, ClientHelloStatus.NotTls, default(TlsAlert))]
    [InlineData(19, 3, ClientHelloStatus.NotTls, default(TlsAlert))]
    [InlineData(0, 3, ClientHelloStatus.NotTls, default(TlsAlert))]
    public void Read_FirstRecordOfAnotherKind_IsRefusedAtItsSecondByte(byte type, byte major, object status, object alert)
    {
        var bytes = Record(MessageOf(Small), type, major);
        Assert.Equal(((ClientHelloStatus)status, (TlsAlert)alert), Refusal(bytes));
        Assert.Equal(((ClientHelloStatus)status, (TlsAlert)alert), Refusal(bytes.AsSpan(0, 2)));
    }

    [Theory]
    [InlineData(20, 3, TlsAlert.UnexpectedMessage)]
    [InlineData(21, 3, TlsAlert.UnexpectedMessage)]
    [InlineData(23, 3, TlsAlert.UnexpectedMessage)]
    [InlineData(99, 3, TlsAlert.UnexpectedMessage)]
    [InlineData(22, 2, TlsAlert.ProtocolVersion)]
    public void Read_LaterRecordOfAnotherKind_IsRefused(byte type, byte major, object alert)
    {
        var message = MessageOf(Small);
        Assert.Equal((ClientHelloStatus.Malformed, (TlsAlert)alert), Refusal([.. Record(message[..20]), .. Record(message[20..], type, major)]));
        Assert.Equal((ClientHelloStatus.Malformed, (TlsAlert)alert), Refusal([.. Record([]), .. Record(message, type, major)]));
    }

    [Fact]
    public void Read_RecordThatIsTooLong_OverflowsAtItsHeader()
    {
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.RecordOverflow), Refusal([22, 3, 1, 0x40, 0x01]));
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.RecordOverflow), Refusal([.. Record([1]), 22, 3, 1, 0xFF, 0xFF]));
        Assert.Equal(ClientHelloStatus.NeedsMore, Refusal([22, 3, 1, 0x40, 0x00]).Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(255)]
    public void Read_OtherMessage_IsUnexpectedAtItsFirstByte(byte type)
    {
        var result = Read([22, 3, 1, 0, 9, type]);
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.UnexpectedMessage), (result.Status, result.Alert));
        Assert.Equal($"the first TLS handshake message has the type {type}; expected 1, a ClientHello", result.Error);
    }

    [Fact]
    public void Read_RecordBehindAnUncheckedHeader_IsCheckedFirst()
    {
        // The bytes of a record that is none are not taken for those of the message.
        byte[] bytes = [.. Record([1]), 1, 1, 1, 1, 1, 0xFF, 0xFF, 0xFF];
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.ProtocolVersion), Refusal(bytes));
    }

    internal static ClientHello Done(ReadOnlySpan<byte> bytes)
    {
        var result = Read(bytes);
        Assert.Null(result.Error);
        Assert.Equal(ClientHelloStatus.Done, result.Status);
        return result.Hello!;
    }

    internal static (ClientHelloStatus Status, TlsAlert Alert) Refusal(ReadOnlySpan<byte> bytes)
    {
        var result = Read(bytes);
        Assert.Null(result.Hello);
        return (result.Status, result.Alert);
    }

    internal static ClientHelloResult Read(ReadOnlySpan<byte> bytes) => default(ClientHelloReader).Read(bytes);

    internal static void AssertSame(ClientHello expected, ClientHello? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal((expected.ServerName, expected.Versions, expected.HasEncryptedHello), (actual.ServerName, actual.Versions, actual.HasEncryptedHello));
        Assert.True(expected.ApplicationProtocols.AsSpan().SequenceEqual(actual.ApplicationProtocols.AsSpan()));
    }

    private static ClientHello ReadByteByByte(byte[] bytes, int end)
    {
        var reader = default(ClientHelloReader);
        for (var length = 0; length < end; length++)
        {
            Assert.True(reader.Read(bytes.AsSpan(0, length)).Status == ClientHelloStatus.NeedsMore);
        }

        return reader.Read(bytes.AsSpan(0, end)).Hello!;
    }

    // Early data may follow the hello.
    private static int EndOf(byte[] bytes)
    {
        var left = MessageOf(bytes).Length;
        var at = 0;
        while (left > 0)
        {
            var length = (bytes[at + 3] << 8) | bytes[at + 4];
            left -= length;
            at += 5 + length;
        }

        return at;
    }

    private static byte[] MessageOf(byte[] bytes)
    {
        var all = new List<byte>();
        for (var at = 0; at < bytes.Length; at += 5 + ((bytes[at + 3] << 8) | bytes[at + 4]))
        {
            if (bytes[at] == 22)
            {
                all.AddRange(bytes.AsSpan(at + 5, (bytes[at + 3] << 8) | bytes[at + 4]));
            }
        }

        return [.. all[..(4 + ((all[1] << 16) | (all[2] << 8) | all[3]))]];
    }
}
