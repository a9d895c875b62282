using System.Buffers;
using System.IO.Pipelines;
using System.Net;

namespace Linkerd.Tcp;

/// <summary>
/// A connection over an <see cref="IDuplexPipe"/>: a completed writer is a FIN, one completed with an exception a RST. A reader and a writer must
/// not be completed while they are in use, so an abort cancels what is pending, and the completion follows when the connection is disposed.
/// </summary>
internal sealed class PipeConnection : AdapterConnection
{
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private ReadOnlySequence<byte> _unread;
    private byte[]? _joined;
    private bool _reading;
    private bool _wantsMore;
    private bool _outputCompleted;
    private ReceiveResult? _final;

    public PipeConnection(IDuplexPipe pipe, TimeProvider timeProvider)
        : base(timeProvider)
    {
        ArgumentNullException.ThrowIfNull(pipe);
        _input = pipe.Input;
        _output = pipe.Output;
    }

    public override EndPoint? LocalEndPoint => null;

    public override EndPoint? RemoteEndPoint => null;

    public override int UnreadBytes => (int)_unread.Length;

    public override async ValueTask<ReceiveResult> ReceiveAsync()
    {
        if (!_unread.IsEmpty && !_wantsMore)
        {
            return HandOut();
        }

        if (_final is { } final)
        {
            _wantsMore = false;
            return final;
        }

        try
        {
            var seen = _unread.Length;
            FinishRead(examined: _unread.End);
            while (true)
            {
                var read = await _input.ReadAsync().ConfigureAwait(false);
                _reading = true;
                _unread = read.Buffer;
                CountReceived((int)(_unread.Length - seen));
                if (read.IsCanceled || IsAborted)
                {
                    return End(new(TransportStatus.Aborted, default));
                }

                if (_unread.Length > seen)
                {
                    return HandOut();
                }

                if (read.IsCompleted)
                {
                    return End(ReceiveResult.Fin);
                }

                FinishRead(examined: _unread.End);
            }
        }
        catch (Exception error) when (error is not (OutOfMemoryException or NullReferenceException))
        {
            // Whatever exception the other end completed its writer with: that is how a pipe says RST.
            _reading = false;
            _unread = default;
            return End(new(Judge(), default));
        }
    }

    public override void Advance(int consumed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(consumed);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(consumed, UnreadBytes);
        _wantsMore = consumed == 0;
        _unread = _unread.Slice(consumed);
        if (_unread.IsEmpty)
        {
            FinishRead(examined: _unread.End);
        }
    }

    public override async ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        try
        {
            // The pipe takes a copy before it waits for its reader.
            var flushing = _output.WriteAsync(data);
            CountSent(data.Length);
            var flushed = await flushing.ConfigureAwait(false);
            return flushed.IsCanceled || IsAborted ? TransportStatus.Aborted
                : flushed.IsCompleted ? Judge()
                : TransportStatus.Ok;
        }
        catch (Exception error) when (error is not (OutOfMemoryException or NullReferenceException))
        {
            return Judge();
        }
    }

    public override void ShutdownSend()
    {
        if (!_outputCompleted)
        {
            _outputCompleted = true;
            _output.Complete();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        var reset = IsAborted ? new IOException("The connection was reset.") : null;
        if (!_outputCompleted)
        {
            _outputCompleted = true;
            await _output.CompleteAsync(reset).ConfigureAwait(false);
        }

        FinishRead(examined: _unread.Start);
        await _input.CompleteAsync(reset).ConfigureAwait(false);
        ReturnJoined();
        DisposeTimer();
    }

    protected override void AbortCore()
    {
        _input.CancelPendingRead();
        _output.CancelPendingFlush();
    }

    private ReceiveResult HandOut()
    {
        // One who looked and took nothing wants to see all of it in one piece; others take it segment by segment.
        var whole = (_wantsMore && !_unread.IsSingleSegment) || _unread.First.IsEmpty;
        _wantsMore = false;
        return new(TransportStatus.Ok, whole ? Join() : _unread.First);
    }

    private ReadOnlyMemory<byte> Join()
    {
        ReturnJoined();
        _joined = ArrayPool<byte>.Shared.Rent(UnreadBytes);
        _unread.CopyTo(_joined);
        return _joined.AsMemory(0, UnreadBytes);
    }

    private void FinishRead(SequencePosition examined)
    {
        if (_reading)
        {
            _reading = false;
            _input.AdvanceTo(_unread.Start, examined);
            ReturnJoined();
        }
    }

    private ReceiveResult End(ReceiveResult final)
    {
        _final = final;
        NoteEnd(final.Status);
        _wantsMore = false;
        return final;
    }

    private void ReturnJoined()
    {
        if (_joined is { } joined)
        {
            _joined = null;
            ArrayPool<byte>.Shared.Return(joined);
        }
    }
}
