using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Linkerd.Tcp.Transport.Sockets;

/// <summary>
/// One attempt to connect, with its timeout and its cancellation. Pooled, timer included, so an attempt allocates none of them.
/// The first of outcome, timeout and cancellation decides; the other two find nothing to do.
/// </summary>
internal sealed class SocketConnector : SocketAsyncEventArgs, IValueTaskSource<SocketError>
{
    private const int Idle = 0;
    private const int Connecting = 1;
    private const int GaveUpOnTime = 2;
    private const int GaveUpOnRequest = 3;

    private readonly ITimer _timer;
    private ManualResetValueTaskSourceCore<SocketError> _completion;
    private Socket? _socket;
    private int _state;

    public SocketConnector(TimeProvider timeProvider)
        : base(unsafeSuppressExecutionContextFlow: true)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = timeProvider.CreateTimer(static state => ((SocketConnector)state!).GiveUp(GaveUpOnTime), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public bool IsIdle => Volatile.Read(ref _state) == Idle;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<(ConnectFailure Failure, string? Detail)> ConnectAsync(Socket socket, EndPoint to, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _completion.Reset();
        _socket = socket;
        RemoteEndPoint = to;
        Volatile.Write(ref _state, Connecting);
        if (!socket.ConnectAsync(this))
        {
            Volatile.Write(ref _state, Idle);
            return Describe(to, SocketError, Connecting, timeout);
        }

        if (timeout != Timeout.InfiniteTimeSpan)
        {
            _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds), 1, int.MaxValue)), Timeout.InfiniteTimeSpan);
        }

        SocketError error;
        await using (cancellationToken.UnsafeRegister(static state => ((SocketConnector)state!).GiveUp(GaveUpOnRequest), this).ConfigureAwait(false))
        {
            error = await new ValueTask<SocketError>(this, _completion.Version).ConfigureAwait(false);
        }

        if (timeout != Timeout.InfiniteTimeSpan)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        _socket = null;
        RemoteEndPoint = null;
        return Describe(to, error, Interlocked.Exchange(ref _state, Idle), timeout);
    }

    SocketError IValueTaskSource<SocketError>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<SocketError>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<SocketError>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    protected override void OnCompleted(SocketAsyncEventArgs e) => _completion.SetResult(e.SocketError);

    private static (ConnectFailure Failure, string? Detail) Describe(EndPoint to, SocketError error, int state, TimeSpan timeout) => state switch
    {
        GaveUpOnTime => (ConnectFailure.TimedOut, $"no answer within {timeout.TotalSeconds:0.###} s"),
        GaveUpOnRequest => (ConnectFailure.Cancelled, null),
        _ when error == SocketError.Success => (ConnectFailure.None, null),
        _ when error == SocketError.AccessDenied => (ConnectFailure.Other, Forbidden.ToConnect(to)),
        _ => (SocketErrors.ToConnectFailure(error), new SocketException((int)error).Message),
    };

    // Disposing the socket is what ends a connect; its outcome then arrives as an error. After the process was stopped for a while, a timer may come before
    // an outcome that the kernel has had for long; that one is on its way, and holds.
    private void GiveUp(int how)
    {
        var socket = _socket;
        if (socket is not null && SocketPeer.Has(socket, SelectMode.SelectWrite))
        {
            return;
        }

        if (Interlocked.CompareExchange(ref _state, how, Connecting) == Connecting)
        {
            socket?.Dispose();
        }
    }
}
