using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// One connection of Kestrel's to the stand-in. HTTP/1.1 is spoken here rather than by Kestrel, because what namerd does and Kestrel cannot be brought to do
/// is part of the contract: a 500 without a length, one chunk for each event, chunks to HTTP/1.0, a request without Host, refusals in HTTP/1.0.
/// </summary>
internal sealed class StandInConnection(ConnectionContext connection, StandInRouter router, CancellationToken stopping, CancellationToken stopped)
{
    private const int MaxRequestLine = 4096;
    private const int MostHeaders = 8192;
    private readonly PipeReader _input = connection.Transport.Input;
    private readonly PipeWriter _output = connection.Transport.Output;

    /// <summary>Answers requests, one after the other, until either side wants to close.</summary>
    public async Task RunAsync()
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, stopped);
        try
        {
            while (await ReadHeadAsync(ended.Token) is { } request)
            {
                if (request.ExpectsContinue)
                {
                    await SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), ended.Token);
                }

                var body = await StandInBody.TakeAsync(request, _input, ended.Token);
                if (!await router.AnswerAsync(request with { Body = body }, this, ended.Token))
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ConnectionResetException or ConnectionAbortedException or FormatException)
        {
            // The client left, or sent no chunks where it said so, or the stand-in stops: returning closes the connection, as a process that dies does.
            return;
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => await _output.WriteAsync(bytes, cancellationToken);

    /// <summary>Sends an answer that is known as a whole.</summary>
    /// <returns>Whether the connection can go on.</returns>
    public async Task<bool> ReplyAsync(StandInReply reply, StandInRequest request, CancellationToken cancellationToken)
    {
        await SendAsync(reply.ToBytes(request, out var close), cancellationToken);
        return !close;
    }

    /// <summary>One chunk; none for no bytes, as that would be the last.</summary>
    public async Task SendChunkAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (bytes.Length > 0)
        {
            // A process that is asked to stop sends nothing more until it ends.
            await Task.Delay(stopping.IsCancellationRequested ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, cancellationToken);
            _output.Write(Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"));
            _output.Write(bytes.Span);
            await SendAsync("\r\n"u8.ToArray(), cancellationToken);
        }
    }

    private async Task<StandInRequest?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _input.ReadAsync(cancellationToken);
            var refusal = TryTakeHead(read.Buffer, out var request, out var consumed);
            _input.AdvanceTo(consumed, request is null ? read.Buffer.End : consumed);
            if (refusal != 0)
            {
                await SendAsync(StandInReply.Refusal(refusal), cancellationToken);
                return null;
            }

            if (request is not null || read.IsCompleted)
            {
                return request;
            }
        }
    }

    private static int TryTakeHead(ReadOnlySequence<byte> buffer, out StandInRequest? request, out SequencePosition consumed)
    {
        request = null;
        consumed = buffer.Start;
        var reader = new SequenceReader<byte>(buffer);
        var lineLength = reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8) ? line.Length : buffer.Length;
        if (lineLength > MaxRequestLine)
        {
            return 414;
        }

        if (buffer.Length - lineLength > MostHeaders)
        {
            return 431;
        }

        reader.Rewind(reader.Consumed);
        if (reader.TryReadTo(out ReadOnlySequence<byte> head, "\r\n\r\n"u8))
        {
            request = StandInRequest.Parse(head.ToArray());
            consumed = reader.Position;
            return request is null ? 400 : 0;
        }

        return 0;
    }
}
