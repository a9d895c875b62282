using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>Appends parts of a line as UTF-8. Text of peers never brings a space, a quote, a backslash, a control character or anything beyond ASCII: these are <c>\xNN</c>, byte for byte.</summary>
internal static class LineText
{
    private const int MaxAddress = 80;

    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(0x21, 0x7E - 0x20).Select(static letter => (char)letter).Where(static letter => letter is not ('"' or '\\'))]);

    public static void Append(this ArrayBufferWriter<byte> line, ReadOnlySpan<byte> text) => line.Write(text);

    public static void Append(this ArrayBufferWriter<byte> line, long number)
    {
        _ = number.TryFormat(line.GetSpan(20), out var count, default, CultureInfo.InvariantCulture);
        line.Advance(count);
    }

    /// <summary>Appends milliseconds with three decimals.</summary>
    public static void AppendMilliseconds(this ArrayBufferWriter<byte> line, TimeSpan time)
    {
        var (milliseconds, rest) = Math.DivRem(Math.Max(0, time.Ticks) / TimeSpan.TicksPerMicrosecond, 1000);
        line.Append(milliseconds);
        line.Append([(byte)'.', (byte)('0' + (rest / 100)), (byte)('0' + (rest / 10 % 10)), (byte)('0' + (rest % 10))]);
    }

    /// <summary>Appends an address; <c>-</c> if there is none.</summary>
    public static void Append(this ArrayBufferWriter<byte> line, EndPoint? address)
    {
        if (address is IPEndPoint ip)
        {
            line.Advance(Print(ip, line.GetSpan(MaxAddress)));
        }
        else
        {
            line.AppendEscaped(address?.ToString() is { Length: > 0 } text ? text : "-");
        }
    }

    /// <summary>Prints an address into a buffer of 80 bytes.</summary>
    /// <returns>The number of bytes.</returns>
    public static int Print(IPEndPoint address, Span<byte> buffer)
    {
        var at = 0;
        var isV6 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        if (isV6)
        {
            buffer[at++] = (byte)'[';
        }

        _ = address.Address.TryFormat(buffer[at..], out var count);
        at += count;
        if (isV6)
        {
            buffer[at++] = (byte)']';
        }

        buffer[at++] = (byte)':';
        _ = address.Port.TryFormat(buffer[at..], out count, default, CultureInfo.InvariantCulture);
        return at + count;
    }

    /// <summary>Appends a text of a peer or an operator as one word.</summary>
    /// <param name="line">The line.</param>
    /// <param name="text">The text.</param>
    /// <param name="alsoPlain">A letter that stays, although it is not one of a word.</param>
    /// <param name="alsoEscaped">A letter that is escaped as well.</param>
    public static void AppendEscaped(this ArrayBufferWriter<byte> line, string text, char? alsoPlain = null, char? alsoEscaped = null)
    {
        if (alsoEscaped is null && !text.AsSpan().ContainsAnyExcept(Plain))
        {
            line.Advance(Encoding.ASCII.GetBytes(text, line.GetSpan(text.Length)));
            return;
        }

        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var count = rune.EncodeToUtf8(bytes);
            if (rune.IsAscii && (char)rune.Value is var letter && letter != alsoEscaped && (letter == alsoPlain || Plain.Contains(letter)))
            {
                line.Append(bytes[..1]);
                continue;
            }

            foreach (var part in bytes[..count])
            {
                line.Append([(byte)'\\', (byte)'x', HexOf(part >> 4), HexOf(part & 15)]);
            }
        }
    }

    private static byte HexOf(int digit) => "0123456789abcdef"u8[digit];
}
