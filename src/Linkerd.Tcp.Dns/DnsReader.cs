using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>
/// Reads the parts of a message (RFC 1035, 4.1), which may be malformed: then it is bad for good, and later reads return nothing.
/// Never reads beyond the end, takes time and memory in proportion to the message.
/// </summary>
internal ref struct DnsReader(ReadOnlySpan<byte> message)
{
    public const int HeaderBytes = 12;

    // With the length bytes and the root.
    private const int MaxNameLength = 255;

    // Each byte of a name may take four characters, as in \000.
    private const int MaxLength = 4 * MaxNameLength;
    private const int ClassIn = 1;
    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;

    /// <summary>True if all that was read was there.</summary>
    public bool IsGood { get; private set; } = true;

    public int ReadUInt16() => Take(2) is { Length: 2 } bytes ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : 0;

    public void Skip(int count) => Take(count);

    /// <summary>Reads a name, without the dot at the end; dots within labels, backslashes and unprintable characters are escaped as in RFC 1035, 5.1.</summary>
    public string ReadName()
    {
        Span<char> text = stackalloc char[MaxLength];
        var (length, bytes) = (0, 1);
        var (position, lowest, end) = (_at, _at, -1);
        while (IsGood && position < _message.Length)
        {
            int size = _message[position];
            if (size == 0)
            {
                _at = end >= 0 ? end : position + 1;
                return text[..Math.Max(0, length - 1)].ToString();
            }

            if (size >= 0xC0 && position + 1 < _message.Length)
            {
                // Pointers that only go back, each to before the target of the last one, come to an end.
                end = end >= 0 ? end : position + 2;
                position = ((size & 0x3F) << 8) | _message[position + 1];
                IsGood = position < lowest;
                lowest = position;
                continue;
            }

            bytes += size + 1;
            if (size >= 0x40 || bytes > MaxNameLength || position + 1 + size > _message.Length)
            {
                break;
            }

            length += Print(_message.Slice(position + 1, size), text[length..]);
            position += 1 + size;
        }

        IsGood = false;
        return string.Empty;
    }

    /// <summary>Reads a record; null if it is not used here.</summary>
    /// <param name="code">Receives the upper part of the response code from an OPT record (RFC 6891).</param>
    public DnsRecord? ReadRecord(ref int code)
    {
        var name = ReadName();
        var (type, dnsClass, ttl) = (ReadUInt16(), ReadUInt16(), ReadUInt32());
        var length = ReadUInt16();
        var end = _at + length;
        if (!IsGood || end > _message.Length)
        {
            IsGood = false;
            return null;
        }

        code |= type == (int)DnsType.Opt ? (int)(ttl >> 24) << 4 : 0;
        var record = dnsClass == ClassIn ? ReadData((DnsType)type, name, ToTime(ttl), length) : null;
        IsGood &= record is null || _at == end;
        _at = end;
        return IsGood ? record : null;
    }

    private static int Print(ReadOnlySpan<byte> label, Span<char> text)
    {
        var length = 0;
        foreach (var b in label)
        {
            if (b is (byte)'.' or (byte)'\\')
            {
                text[length++] = '\\';
                text[length++] = (char)b;
            }
            else if (b is > 0x20 and < 0x7F)
            {
                text[length++] = (char)b;
            }
            else
            {
                text[length++] = '\\';
                b.TryFormat(text[length..], out var digits, "000", CultureInfo.InvariantCulture);
                length += digits;
            }
        }

        text[length++] = '.';
        return length;
    }

    // RFC 2181, 8: the highest bit set is zero.
    private static TimeSpan ToTime(uint seconds) => TimeSpan.FromSeconds(seconds > int.MaxValue ? 0 : seconds);

    private DnsRecord? ReadData(DnsType type, string name, TimeSpan ttl, int length)
    {
        switch (type)
        {
            case DnsType.A when length == 4:
            case DnsType.Aaaa when length == 16:
                return new DnsRecord(name, ttl, Address: new IPAddress(Take(length)));
            case DnsType.A or DnsType.Aaaa:
                IsGood = false;
                return null;
            case DnsType.Cname:
                return new DnsRecord(name, ttl, Alias: ReadName());
            case DnsType.Srv:
                var (priority, weight, port) = (ReadUInt16(), ReadUInt16(), ReadUInt16());
                return new DnsRecord(name, ttl, Service: new DnsService(priority, weight, port, ReadName()));
            case DnsType.Soa:
                ReadName();
                ReadName();
                Skip(16);
                var minimum = ToTime(ReadUInt32());
                return new DnsRecord(name, ttl, NegativeTtl: minimum < ttl ? minimum : ttl);
            default:
                return null;
        }
    }

    private uint ReadUInt32() => Take(4) is { Length: 4 } bytes ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : 0;

    private ReadOnlySpan<byte> Take(int count)
    {
        if (!IsGood || _message.Length - _at < count)
        {
            IsGood = false;
            return [];
        }

        _at += count;
        return _message.Slice(_at - count, count);
    }
}
