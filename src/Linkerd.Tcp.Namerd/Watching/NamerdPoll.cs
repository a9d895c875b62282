using System.Buffers;
using System.Text;

namespace Linkerd.Tcp.Namerd;

/// <summary>Asks once, and reads one whole document.</summary>
internal sealed class NamerdPoll(NamerdClient client, NamerdOptions options)
{
    private const int FirstBuffer = 16 * 1024;

    /// <exception cref="NamerdException">There is no good answer.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ResolveDocument> AskAsync(CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(options.TimeProvider, cancellationToken);
        using var answer = await client.AskAsync(watch: false, deadline).ConfigureAwait(false);
        return await ReadAsync(answer, deadline).ConfigureAwait(false);
    }

    /// <summary>Reads the document of an answer, within a deadline that is armed already.</summary>
    public async Task<ResolveDocument> ReadAsync(NamerdAnswer answer, Deadline deadline)
    {
        if (answer.Length > options.MaxAnswerBytes)
        {
            throw TooLong();
        }

        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var length = 0;
            while (true)
            {
                var read = await ReadAsync(answer, buffer.AsMemory(length), deadline).ConfigureAwait(false);
                if (read == 0)
                {
                    return Parse(buffer.AsSpan(0, length));
                }

                length += read;
                if (length > options.MaxAnswerBytes)
                {
                    throw TooLong();
                }

                buffer = length < buffer.Length ? buffer : Grow(buffer);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<int> ReadAsync(NamerdAnswer answer, Memory<byte> into, Deadline deadline)
    {
        try
        {
            return await answer.Body.ReadAsync(into, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw client.Translate(exception, deadline);
        }
    }

    private ResolveDocument Parse(ReadOnlySpan<byte> body)
    {
        var text = body.Trim(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            throw new NamerdException($"namerd at {client.BaseAddress} answered {client.Name} with nothing");
        }

        if (text[0] != (byte)'{')
        {
            var beginning = Encoding.UTF8.GetString(text[..Math.Min(text.Length, 1024)]);
            throw new NamerdException(NamerdFailure.DescribeText(client.BaseAddress, client.Name, beginning));
        }

        return ResolveDocument.Parse(text, out var error)
            ?? throw new NamerdException(NamerdFailure.DescribeDocument(client.BaseAddress, client.Name, error!));
    }

    private NamerdException TooLong() => new(NamerdFailure.DescribeSize(client.BaseAddress, client.Name, options.MaxAnswerBytes));

    private static byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
