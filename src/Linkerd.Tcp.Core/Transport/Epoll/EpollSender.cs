using System.Buffers;
using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Sends for callers on any thread. What the kernel does not take at once, and what comes from another thread, is copied. Made when it is
/// first needed, as <see cref="EpollReceiver"/> is.
/// </summary>
internal sealed unsafe class EpollSender(EpollConnection connection) : ILoopWriter, IValueTaskSource<TransportStatus>
{
    private ManualResetValueTaskSourceCore<TransportStatus> _completion;
    private byte[]? _rest;
    private int _start;
    private int _end;

    public ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        Debug.Assert(_rest is null, "One writer at a time.");
        var isCurrent = connection.Loop.IsCurrent;
        var sent = 0;
        if (isCurrent)
        {
            TransportStatus status;
            fixed (byte* pointer = data.Span)
            {
                status = connection.Send(pointer, data.Length, out sent);
            }

            if (status != TransportStatus.Ok || sent == data.Length)
            {
                return new(status);
            }
        }

        var rest = data[sent..];
        _rest = ArrayPool<byte>.Shared.Rent(rest.Length);
        rest.CopyTo(_rest);
        (_start, _end) = (0, rest.Length);
        _completion.Reset();
        if (isCurrent)
        {
            connection.SetWriter(this);
        }
        else
        {
            connection.Loop.Post(static sender => ((EpollSender)sender!).Begin(), this);
        }

        return new(this, _completion.Version);
    }

    public void OnWritable()
    {
        TransportStatus status;
        fixed (byte* pointer = _rest)
        {
            status = connection.Send(pointer + _start, _end - _start, out var sent);
            _start += sent;
        }

        if (status != TransportStatus.Ok || _start == _end)
        {
            Complete(status);
        }
    }

    public void OnClosed() => Complete(TransportStatus.Aborted);

    TransportStatus IValueTaskSource<TransportStatus>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TransportStatus>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<TransportStatus>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    private void Begin()
    {
        connection.SetWriter(this);
        OnWritable();
    }

    private void Complete(TransportStatus status)
    {
        connection.SetWriter(null);
        ArrayPool<byte>.Shared.Return(_rest!);
        _rest = null;
        _completion.SetResult(status);
    }
}
