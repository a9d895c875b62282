using System.Text;

namespace Linkerd.Tcp.Cli.Streams;

/// <summary>Writes texts to a standard stream, each at once. One write at a time.</summary>
/// <param name="inner">The writer.</param>
/// <param name="throws">True if a failure to write is an <see cref="OutputException"/>; otherwise the text is dropped.</param>
internal sealed class StandardWriter(StreamWriter inner, bool throws) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        try
        {
            inner.Write(buffer);
            inner.Flush();
        }
        catch (IOException error)
        {
            if (throws)
            {
                throw new OutputException(error.Message);
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));
}
