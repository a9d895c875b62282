using System.Buffers;
using System.IO.Pipelines;
using System.Net;

namespace Linkerd.Tcp.Transport.Adapters;

/// <summary>
/// A connection over an <see cref="IDuplexPipe"/>: a completed writer is a FIN, one completed with an exception a RST. A reader and a writer must
/// not be completed while they are in use, so an abort cancels the pending operations, and the completion follows when the connection is disposed.
/// </summary>
internal sealed class PipeConnection : AdapterConnection
{
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private ReadOnlySequence<byte> _unread;
    private byte[]? _joined;
    private bool _reading;
    private bool _wantsMore;
    private int _outputCompleted;
    private ReceiveResult? _final;

    /// <exception cref="ArgumentException">The pipe has no reader or no writer.</exception>
    public PipeConnection(IDuplexPipe pipe, TimeProvider timeProvider, AdapterLog log)
        : base(timeProvider, log)
    {
        ArgumentNullException.ThrowIfNull(pipe);
        _input = pipe.Input ?? throw new ArgumentException("A pipe with an input was expected.", nameof(pipe));
        _output = pipe.Output ?? throw new ArgumentException("A pipe with an output was expected.", nameof(pipe));
    }

    public override EndPoint? LocalEndPoint => null;

    public override EndPoint? RemoteEndPoint => null;

    public override int UnreadBytes => (int)_unread.Length;

    protected override string TypeName => _input.GetType().Name;

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
            while (!IsOver)
            {
                var read = await _input.ReadAsync().ConfigureAwait(false);
                _reading = true;
                _unread = read.Buffer;
                CountReceived((int)(_unread.Length - seen));
                if (read.IsCanceled || IsOver)
                {
                    break;
                }

                if (_unread.Length > seen)
                {
                    return HandOut();
                }

                if (read.IsCompleted)
                {
                    return Finish(ReceiveResult.Fin);
                }

                FinishRead(examined: _unread.End);
            }

            if (!_reading)
            {
                // The bytes that were seen belong to the pipe again.
                _unread = default;
            }

            // A caller that cancels a read that is not ours to cancel has ended it for us.
            return Finish(new(IsOver ? End : TransportStatus.Aborted, default));
        }
        catch (Exception)
        {
            // Whatever exception the other end completed its writer with: that is how a pipe signals a RST.
            _reading = false;
            _unread = default;
            if (!IsOver)
            {
                RecordPeerGone();
            }

            return Finish(new(End, default));
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
            try
            {
                FinishRead(examined: _unread.End);
            }
            catch (Exception error)
            {
                // The next receive reports it.
                _unread = default;
                _final ??= new(Classify(error), default);
            }
        }
    }

    public override async ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        if (IsOver)
        {
            return End;
        }

        try
        {
            // The pipe takes a copy before it waits for its reader.
            var flushing = _output.WriteAsync(data);
            CountSent(data.Length);
            var flushed = await flushing.ConfigureAwait(false);
            if (flushed.IsCanceled || IsOver)
            {
                return IsOver ? End : TransportStatus.Aborted;
            }

            if (!flushed.IsCompleted)
            {
                return TransportStatus.Ok;
            }

            RecordPeerGone();
            return TransportStatus.Reset;
        }
        catch (Exception error)
        {
            return Classify(error);
        }
    }

    public override void ShutdownSend()
    {
        if (Interlocked.Exchange(ref _outputCompleted, 1) == 0)
        {
            try
            {
                _output.Complete();
            }
            catch (Exception error)
            {
                // It is not known whether the peer was notified.
                Break(error);
            }
        }
    }

    // Each step is done whatever the result of the one before it: a reader or a writer that is not completed holds its memory, or its stream, for good.
    public override async ValueTask DisposeAsync()
    {
        var reset = IsOver ? NewReset() : null;
        if (Interlocked.Exchange(ref _outputCompleted, 1) == 0)
        {
            try
            {
                await _output.CompleteAsync(reset).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                RecordFault(error);
            }
        }

        try
        {
            FinishRead(examined: _unread.Start);
        }
        catch (Exception error)
        {
            RecordFault(error);
        }

        try
        {
            await _input.CompleteAsync(reset).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            RecordFault(error);
        }

        ReturnJoined();
        DisposeTimer();
    }

    // A writer over a stream (PipeWriter.Create, which Kestrel's TLS hands out) throws here once it is completed; then nothing is pending.
    // An operation that cannot be cancelled otherwise is completed: a reader or writer that waits for ever would block the copy.
    protected override void AbortCore()
    {
        try
        {
            _input.CancelPendingRead();
        }
        catch (Exception error)
        {
            RecordFault(error);
            TryComplete(_input.Complete);
        }

        try
        {
            _output.CancelPendingFlush();
        }
        catch (Exception error)
        {
            RecordFault(error);
            if (Interlocked.Exchange(ref _outputCompleted, 1) == 0)
            {
                TryComplete(_output.Complete);
            }
        }
    }

    private static IOException NewReset() => new("The connection was reset.");

    private void TryComplete(Action<Exception?> complete)
    {
        try
        {
            complete(NewReset());
        }
        catch (Exception error)
        {
            RecordFault(error);
        }
    }

    private ReceiveResult HandOut()
    {
        // A caller that looked and took nothing receives all of it in one piece; others take it segment by segment.
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

    private ReceiveResult Finish(ReceiveResult final)
    {
        _final = final;
        RecordEnd(final.Status);
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
