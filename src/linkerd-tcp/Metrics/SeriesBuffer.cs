using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.Cli.Metrics;

/// <summary>Represents text of a response that is being written, in an array of the pool. Not safe for threads.</summary>
/// <param name="capacity">The expected number of bytes.</param>
internal sealed class SeriesBuffer(int capacity = 1024) : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);
    private int _count;

    /// <summary>Gets the text.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _count);

    public void Append(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Reserve(utf8.Length));
        _count += utf8.Length;
    }

    public void Append(string text) => _count += Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetMaxByteCount(text.Length)));

    /// <summary>Appends the value of a label, in quotation marks.</summary>
    public void AppendQuoted(string value)
    {
        Append("\""u8);
        var rest = value.AsSpan();
        while (rest.IndexOfAny('\\', '"', '\n') is var at and >= 0)
        {
            Append(rest[..at].ToString());
            Append(rest[at] switch
            {
                '\n' => "\\n"u8,
                '"' => "\\\""u8,
                _ => "\\\\"u8,
            });
            rest = rest[(at + 1)..];
        }

        if (rest.Length == value.Length)
        {
            Append(value);
        }
        else
        {
            Append(rest.ToString());
        }

        Append("\""u8);
    }

    public void Append(long value) => AppendNumber(value);

    public void Append(double value)
    {
        if (double.IsInfinity(value))
        {
            Append(value > 0 ? "+Inf"u8 : "-Inf"u8);
        }
        else
        {
            AppendNumber(value);
        }
    }

    public void Clear() => _count = 0;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _count) = ([], 0);
    }

    private void AppendNumber<T>(T value)
        where T : IUtf8SpanFormattable
    {
        var formatted = value.TryFormat(Reserve(32), out var written, default, CultureInfo.InvariantCulture);
        Debug.Assert(formatted);
        _count += written;
    }

    private Span<byte> Reserve(int size)
    {
        if (_bytes.Length - _count < size)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, _count + size));
            _bytes.AsSpan(0, _count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(_count);
    }
}
