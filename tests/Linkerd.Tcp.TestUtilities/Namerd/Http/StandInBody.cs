using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Takes bodies off a connection, as namerd's handlers come to see them.</summary>
internal static class StandInBody
{
    private const int MostBuffered = 5 * 1024 * 1024;

    /// <summary>The body behind a head that was read. One in chunks, or a very large one, is taken and seen as empty.</summary>
    public static async Task<string> TakeAsync(StandInRequest request, PipeReader input, CancellationToken cancellationToken)
    {
        if (request.IsChunked)
        {
            await SkipChunksAsync(input, cancellationToken);
            return string.Empty;
        }

        var body = await TakeAsync(input, request.BodyLength, cancellationToken);
        return body.Length > MostBuffered ? string.Empty : Encoding.UTF8.GetString(body);
    }

    private static async Task SkipChunksAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var size = long.Parse((await TakeLineAsync(input, cancellationToken)).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                break;
            }

            await TakeAsync(input, size + 2, cancellationToken);
        }

        while ((await TakeLineAsync(input, cancellationToken)).Length > 0)
        {
            // Trailers.
        }
    }

    private static async Task<byte[]> TakeAsync(PipeReader input, long length, CancellationToken cancellationToken)
    {
        if (length == 0)
        {
            return [];
        }

        var read = await input.ReadAtLeastAsync((int)length, cancellationToken);
        var taken = read.Buffer.Slice(0, Math.Min(length, read.Buffer.Length));
        var bytes = taken.ToArray();
        input.AdvanceTo(taken.End);
        return bytes;
    }

    private static async Task<string> TakeLineAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var reader = new SequenceReader<byte>(read.Buffer);
            if (reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8))
            {
                var text = Encoding.Latin1.GetString(line);
                input.AdvanceTo(reader.Position);
                return text;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return string.Empty;
            }
        }
    }
}
