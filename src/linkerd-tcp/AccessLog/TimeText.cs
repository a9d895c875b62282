using System.Globalization;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>Prints times as UTF-8 down to milliseconds. The part down to seconds is printed once in a second and a thread, as it is the larger cost of a record otherwise. Any thread.</summary>
internal sealed class TimeText
{
    /// <summary>The most bytes that are printed.</summary>
    public const int MaxLength = 40;

    [ThreadStatic]
    private static TimeText? Last;

    private readonly byte[] _text = new byte[MaxLength - 4];
    private string? _format;
    private long _second;
    private int _length;

    /// <summary>Prints a time in UTC: its seconds in a format, a dot, and three digits.</summary>
    /// <returns>The number of bytes.</returns>
    public static int Print(DateTimeOffset time, string format, Span<byte> buffer)
    {
        var last = Last ??= new TimeText();
        last.Update(time, format);
        last._text.AsSpan(0, last._length).CopyTo(buffer);
        var digits = buffer.Slice(last._length, 4);
        var milliseconds = (int)(time.UtcTicks / TimeSpan.TicksPerMillisecond % 1000);
        (digits[0], digits[1], digits[2], digits[3]) = ((byte)'.', (byte)('0' + (milliseconds / 100)), (byte)('0' + (milliseconds / 10 % 10)), (byte)('0' + (milliseconds % 10)));
        return last._length + 4;
    }

    private void Update(DateTimeOffset time, string format)
    {
        var second = time.UtcTicks / TimeSpan.TicksPerSecond;
        if (_second != second || _format != format)
        {
            _ = time.UtcDateTime.TryFormat(_text, out _length, format, CultureInfo.InvariantCulture);
            (_second, _format) = (second, format);
        }
    }
}
