using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.ProxyProtocol;
using Xunit;
using static Linkerd.Tcp.Tests.ProxyVectors;

namespace Linkerd.Tcp.Tests;

/// <summary>Headers of both versions in pieces, damaged, and written.</summary>
public sealed class ProxyHeaderTests
{
    private static readonly byte[][] Valid =
    [
        Ascii("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n"),
        Ascii("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"),
        Ascii("PROXY UNKNOWN\r\n"),
        V2("20", "00", ""),
        V2("20", "00", "05 0001 41"),
        V2("21", "11", Inet),
        V2("21", "21", Inet6),
        V2("21", "31", new string('4', 432)),
        WithChecksum("21", "11", Inet + "02 0003 616263"),
        WithChecksum("21", "21", Inet6),
        WithChecksum("20", "00", ""),
    ];

    [Fact]
    public void Read_EveryPrefix_NeedsMore()
    {
        foreach (var header in Valid)
        {
            for (var length = 0; length < header.Length; length++)
            {
                var result = ProxyHeader.Read(header.AsSpan(0, length));
                Assert.Equal((ProxyReadStatus.NeedsMore, null, 0, null), (result.Status, result.Header, result.Consumed, result.Error));
            }
        }
    }

    [Fact]
    public void Read_DataBehindIt_AreNotTouched()
    {
        byte[][] data = [[0], Ascii("\r\n"), Ascii("GET / HTTP/1.1\r\n\r\n"), .. Valid];
        foreach (var header in Valid)
        {
            foreach (var rest in data)
            {
                for (var length = 0; length <= rest.Length; length++)
                {
                    Assert.Equal(header.Length, ProxyHeader.Read([.. header, .. rest.AsSpan(0, length)]).Consumed);
                }
            }
        }
    }

    [Fact]
    public void Read_OneBitOfAHeaderWithChecksum_IsNeverAnotherHeader()
    {
        foreach (var header in Valid.Where(header => header.Length > 20 && header[^7] == 3))
        {
            for (var bit = 0; bit < header.Length * 8; bit++)
            {
                var damaged = (byte[])header.Clone();
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                var result = ProxyHeader.Read(damaged);

                // LOCAL "must accept this connection as valid", whatever its block is: it stays LOCAL. And a checksum that became another field is none: the addresses are right.
                var isSame = result.Header is { } read && read.Command == ProxyHeader.Read(header).Header!.Command && Equals(read.Source, ProxyHeader.Read(header).Header!.Source);
                Assert.True(result.Status != ProxyReadStatus.Done || (isSame && (header[12] == 0x20 || bit / 8 == header.Length - 7)), $"bit {bit} of {Convert.ToHexString(header)}");
            }
        }
    }

    [Fact]
    public void Read_EveryOtherFirstByte_IsRefusedAtOnce()
    {
        for (var value = 0; value < 256; value++)
        {
            Assert.Equal(value is 'P' or '\r' ? ProxyReadStatus.NeedsMore : ProxyReadStatus.Invalid, ProxyHeader.Read([(byte)value]).Status);
        }
    }

    [Fact]
    public void Read_UntilItIsComplete_AllocatesNothing()
    {
        foreach (var header in Valid)
        {
            ProxyHeader.Read(header.AsSpan(0, header.Length - 1));
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var length = 0; length < header.Length; length++)
            {
                ProxyHeader.Read(header.AsSpan(0, length));
            }

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [Theory]
    [InlineData("192.0.2.1:56324", "198.51.100.7:443", "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "21 11 000C " + Inet)]
    [InlineData("[2001:db8::1]:56324", "[2001:db8::2]:443", "PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", "21 21 0024 " + Inet6)]
    [InlineData("[fe80::1%7]:1", "[::1]:2", "PROXY TCP6 fe80::1 ::1 1 2\r\n", "21 21 0024 FE800000000000000000000000000001 00000000000000000000000000000001 0001 0002")]
    [InlineData("192.0.2.1:1", "[::1]:2", "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "21 21 0024 00000000000000000000FFFFC0000201 00000000000000000000000000000001 0001 0002")]
    [InlineData("[::1]:1", "192.0.2.1:2", "PROXY TCP6 ::1 ::ffff:192.0.2.1 1 2\r\n", "21 21 0024 00000000000000000000000000000001 00000000000000000000FFFFC0000201 0001 0002")]
    [InlineData("[::ffff:192.0.2.1]:56324", "[::ffff:198.51.100.7]:443", "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "21 11 000C " + Inet)]
    [InlineData("192.0.2.1:1", null, "PROXY UNKNOWN\r\n", "20 00 0000")]
    [InlineData(null, null, "PROXY UNKNOWN\r\n", "20 00 0000")]
    public void Write_Addresses_AreThoseOfTheSpecification(string? source, string? destination, string line, string binary)
    {
        var header = new ProxyHeader(Parse(source), Parse(destination));
        Assert.Equal(line, System.Text.Encoding.ASCII.GetString(Written(header, ProxyProtocolVersion.V1)));
        Assert.Equal(Convert.ToHexString(Hex($"{Signature} {binary}")), Convert.ToHexString(Written(header, ProxyProtocolVersion.V2)));
    }

    [Fact]
    public void Write_Local_IsLocalOrUnknown()
    {
        Assert.Equal("PROXY UNKNOWN\r\n"u8, Written(ProxyHeader.Local, ProxyProtocolVersion.V1));
        Assert.Equal(Hex($"{Signature} 20 00 0000"), Written(ProxyHeader.Local, ProxyProtocolVersion.V2));
        Assert.Equal(WithChecksum("20", "00", ""), Written(ProxyHeader.Local, ProxyProtocolVersion.V2, withChecksum: true));
    }

    [Fact]
    public void Write_UnixAddresses_AreUnixInVersion2AndUnknownInVersion1()
    {
        var header = new ProxyHeader(null, new UnixDomainSocketEndPoint("/run/a.sock"));
        Assert.Equal("PROXY UNKNOWN\r\n"u8, Written(header, ProxyProtocolVersion.V1));
        Assert.Equal(V2("21", "31", new string('0', 216) + Convert.ToHexString("/run/a.sock"u8).PadRight(216, '0')), Written(header, ProxyProtocolVersion.V2));
        Assert.Equal(V2("20", "00", ""), Written(new ProxyHeader(new UnixDomainSocketEndPoint("/a"), IPEndPoint.Parse("192.0.2.1:1")), ProxyProtocolVersion.V2));
        var named = new ProxyHeader(new UnixDomainSocketEndPoint("\0name"), new UnixDomainSocketEndPoint("/" + new string('x', 106)));
        var read = ProxyHeader.Read(Written(named, ProxyProtocolVersion.V2)).Header!;
        Assert.Equal((named.Source, named.Destination), (read.Source, read.Destination));
    }

    [Fact]
    public void Write_TlvsAndChecksum_AreThoseOfTheSpecification()
    {
        var header = new ProxyHeader(
            IPEndPoint.Parse("192.0.2.1:56324"), IPEndPoint.Parse("198.51.100.7:443"), new(ProxyTlvType.Authority, "abc"u8.ToArray()), new(ProxyTlvType.UniqueId, new byte[] { 1, 2 }));
        Assert.Equal(V2("21", "11", $"{Inet} 02 0003 616263 05 0002 0102"), Written(header, ProxyProtocolVersion.V2));

        var summed = V2("21", "11", $"{Inet} 03 0004 00000000 02 0003 616263 05 0002 0102");
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(summed.AsSpan(31), ChecksumOf(summed));
        Assert.Equal(summed, Written(header, ProxyProtocolVersion.V2, withChecksum: true));

        // What was received is sent on with a checksum of its own, or with none.
        var received = ProxyHeader.Read(summed).Header!;
        Assert.Equal(Written(header, ProxyProtocolVersion.V2), Written(received, ProxyProtocolVersion.V2));
        Assert.Equal(summed, Written(received, ProxyProtocolVersion.V2, withChecksum: true));
    }

    [Fact]
    public void Write_SmallBuffer_IsRefused() =>
        Assert.Contains("expected at least 107", Assert.Throws<ArgumentException>(() => ProxyHeader.Local.Write(new byte[106], ProxyProtocolVersion.V1)).Message, StringComparison.Ordinal);

    [Fact]
    public void New_FieldsThatNoHeaderHas_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new ProxyHeader(null, null, new ProxyTlv(ProxyTlvType.Crc32C, new byte[4])));
        Assert.Throws<ArgumentException>(() => new ProxyHeader(null, null, new ProxyTlv(ProxyTlvType.UniqueId, new byte[129])));
        Assert.Throws<ArgumentException>(() => new ProxyHeader(null, null, new ProxyTlv(ProxyTlvType.Noop, new byte[65310])));
        var longest = new ProxyHeader(new UnixDomainSocketEndPoint("/a"), null, new ProxyTlv(ProxyTlvType.Noop, new byte[65309]));
        Assert.Equal(65551, Written(longest, ProxyProtocolVersion.V2, withChecksum: true).Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20261130)]
    public void Read_WhatWasWritten_IsTheSame(ulong seed)
    {
        var random = RandomSource.Seeded(seed);
        for (var i = 0; i < 5_000; i++)
        {
            var (source, destination) = (Address(random), Address(random));
            var tlvs = Enumerable.Range(0, (int)(random.NextDouble() * 4))
                .Select(_ => new ProxyTlv((ProxyTlvType)(0xE0 + (int)(random.NextDouble() * 16)), Bytes(random, (int)(random.NextDouble() * 40)))).ToArray();
            var header = new ProxyHeader(source, destination, tlvs);
            var withChecksum = random.NextDouble() < 0.5;
            var read = ProxyHeader.Read([.. Written(header, ProxyProtocolVersion.V2, withChecksum), 7]).Header!;
            Assert.Equal((header.Source, header.Destination), (read.Source, read.Destination));
            Assert.Equal(tlvs.Select(Text), read.Tlvs.Where(tlv => tlv.Type != ProxyTlvType.Crc32C).Select(Text));
            Assert.Equal(withChecksum, read.TryGetTlv(ProxyTlvType.Crc32C, out _));
            read = ProxyHeader.Read([.. Written(header, ProxyProtocolVersion.V1), 7]).Header!;
            Assert.Equal((header.Source, header.Destination), (read.Source, read.Destination));
        }
    }

    private static string Text(ProxyTlv tlv) => $"{tlv.Type} {Convert.ToHexString(tlv.Value.Span)}";

    private static IPEndPoint Address(Random random)
    {
        var bytes = Bytes(random, random.NextDouble() < 0.5 ? 4 : 16);
        return new IPEndPoint(new IPAddress(bytes), (int)(random.NextDouble() * 65536));
    }

    private static byte[] Bytes(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() < 0.3 ? (byte)0 : (byte)(random.NextDouble() * 256))];

    private static IPEndPoint? Parse(string? text) => text is null ? null : IPEndPoint.Parse(text);

    private static byte[] Written(ProxyHeader header, ProxyProtocolVersion version, bool withChecksum = false)
    {
        var buffer = new byte[header.GetMaxLength(version)];
        return buffer[..header.Write(buffer, version, withChecksum)];
    }
}
