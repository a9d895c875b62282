using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// One attempt to connect, with its timeout and its cancellation; pooled by its loop, timer included. The first of outcome, timeout and
/// cancellation decides. On the loop, but for the caller's side of the task.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The connection goes to the caller, or is closed.")]
internal sealed class EpollConnector : IValueTaskSource<ConnectResult>, ITimerHandler
{
    // A Unix-domain socket reports that the backlog is full, and does not queue the attempt as TCP does.
    private static readonly TimeSpan FullBacklogRetry = TimeSpan.FromMilliseconds(5);

    private readonly EpollLoop _loop;
    private readonly WheelTimer _timer;
    private ManualResetValueTaskSourceCore<ConnectResult> _completion;
    private EpollConnection? _connection;
    private EndPoint? _to;
    private IPAddress? _source;
    private TcpOptions _tcp = TcpOptions.Defaults;
    private TimeSpan _timeout;
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _cancellation;
    private int _attempt;
    private bool _dataIsWaiting;
    private bool _pending;

    public EpollConnector(EpollLoop loop)
    {
        _loop = loop;
        _timer = new LoopTimer(loop);
    }

    public ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
    {
        _completion.Reset();
        _to = to;
        _source = SourceAddress.For(options, to);
        _tcp = options.TcpOrDefaults;
        _timeout = options.Timeout;
        _cancellationToken = cancellationToken;
        _attempt++;
        _dataIsWaiting = options.SendsAtOnce;
        if (_loop.IsCurrent)
        {
            Begin();
        }
        else
        {
            _loop.Post(static connector => ((EpollConnector)connector!).Begin(), this);
        }

        return new(this, _completion.Version);
    }

    /// <summary>Called when epoll reports an event of the socket that is being connected.</summary>
    public void OnEvents(uint events)
    {
        var connection = _connection!;
        if ((events & (EpollEvents.Error | EpollEvents.HangUp)) != 0 && SocketOptions.TakeError(connection.Descriptor) is var error and not 0)
        {
            Fail(error);
        }
        else if ((events & EpollEvents.Out) != 0)
        {
            connection.Established(events);
            _loop.KeepAlive.Add(connection, _tcp);
            Complete(ConnectResult.Connected(connection));
        }
    }

    /// <summary>Called when the connection was closed meanwhile: the loop ends.</summary>
    public void OnClosed()
    {
        if (_pending)
        {
            Complete(ConnectResult.Failed(ConnectFailure.Cancelled));
        }
    }

    void ITimerHandler.OnTimer() => GiveUp(ConnectResult.Failed(ConnectFailure.TimedOut, $"no answer within {_timeout.TotalSeconds:0.###} s"));

    ConnectResult IValueTaskSource<ConnectResult>.GetResult(short token)
    {
        var result = _completion.GetResult(token);
        _loop.ReturnConnector(this);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<ConnectResult>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<ConnectResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    private void Begin()
    {
        _pending = true;
        if (_cancellationToken.IsCancellationRequested || _loop.IsStopping)
        {
            Complete(ConnectResult.Failed(ConnectFailure.Cancelled));
            return;
        }

        if (_timeout != Timeout.InfiniteTimeSpan)
        {
            _timer.Arm(_timeout, this);
        }

        Try();
        if (_pending && _cancellationToken.CanBeCanceled)
        {
            _cancellation = _cancellationToken.UnsafeRegister(static connector => ((EpollConnector)connector!).OnCancelled(), this);
        }
    }

    private unsafe void Try()
    {
        var family = NativeSocketAddress.FamilyOf(_to!);
        var descriptor = LinuxCalls.Socket(family, 1 | LinuxCalls.NonBlocking | LinuxCalls.CloseOnExec, 0);
        if (descriptor < 0)
        {
            Fail(Errno.Last);
            return;
        }

        if (family != NativeSocketAddress.Unix)
        {
            SocketOptions.ApplyAtOnce(descriptor, _tcp);
            if (_dataIsWaiting)
            {
                SocketOptions.DelayAcknowledgement(descriptor);
            }
        }

        if (_source is { } source && Bind(descriptor, source) is var refused and not 0)
        {
            _ = LinuxCalls.Close(descriptor);
            GiveUp(SourceAddress.CannotBind(source, Errno.Message(refused)));
            return;
        }

        var address = stackalloc byte[NativeSocketAddress.MaximumLength];
        var length = NativeSocketAddress.Write(_to!, new Span<byte>(address, NativeSocketAddress.MaximumLength));
        var error = LinuxCalls.Connect(descriptor, address, length) == 0 ? 0 : Errno.Last;
        if (error is not (0 or Errno.InProgress or Errno.Interrupted))
        {
            _ = LinuxCalls.Close(descriptor);
            if (error == Errno.Again)
            {
                _loop.PostAfter(FullBacklogRetry, static state => Retry(((EpollConnector, int))state!), (this, _attempt));
            }
            else
            {
                Fail(error);
            }

            return;
        }

        _connection = new EpollConnection(_loop, descriptor, family, _to, _tcp.WindowSize);
        var registering = _connection.Register(error == 0 ? null : this);
        if (registering != 0)
        {
            Fail(registering);
        }
        else if (error == 0)
        {
            Complete(ConnectResult.Connected(_connection));
        }
    }

    /// <returns>The error; 0 if none.</returns>
    private static unsafe int Bind(int descriptor, IPAddress source)
    {
        SocketOptions.ChoosePortAtConnect(descriptor);
        var address = stackalloc byte[NativeSocketAddress.MaximumLength];
        var length = NativeSocketAddress.Write(new IPEndPoint(source, 0), new Span<byte>(address, NativeSocketAddress.MaximumLength));
        return LinuxCalls.Bind(descriptor, address, length) == 0 ? 0 : Errno.Last;
    }

    private static void Retry((EpollConnector Connector, int Attempt) retry)
    {
        if (retry.Connector._pending && retry.Connector._attempt == retry.Attempt)
        {
            retry.Connector.Try();
        }
    }

    private void OnCancelled()
    {
        var attempt = _attempt;
        _loop.Post(static state =>
        {
            var (connector, attempt) = ((EpollConnector, int))state!;
            if (connector._attempt == attempt)
            {
                connector.GiveUp(ConnectResult.Failed(ConnectFailure.Cancelled));
            }
        }, (this, attempt));
    }

    private void Fail(int error)
    {
        var failure = Errno.ToConnectFailure(error);

        // Of connect, EADDRNOTAVAIL does not refer to the address of the option.
        var message = error == Errno.AddressNotAvailable ? "no local address or port is left for this target"
            : Errno.IsForbidden(error) ? Forbidden.ToConnect(_to!)
            : Errno.Message(error);
        GiveUp(ConnectResult.Failed(failure, SourceAddress.Explain(_source, failure, message)));
    }

    private void GiveUp(in ConnectResult result)
    {
        if (_pending)
        {
            _pending = false;
            _connection?.DisposeNow();
            _pending = true;
            Complete(result);
        }
    }

    private void Complete(in ConnectResult result)
    {
        _pending = false;
        _connection = null;
        _to = null;
        _source = null;
        _timer.Disarm();
        _cancellation.Dispose();
        _cancellation = default;
        _completion.SetResult(result);
    }

    /// <summary>Makes the connectors of a loop.</summary>
    internal sealed class Policy(EpollLoop loop) : PooledObjectPolicy<EpollConnector>
    {
        public override EpollConnector Create() => new(loop);

        public override bool Return(EpollConnector obj) => true;
    }
}
