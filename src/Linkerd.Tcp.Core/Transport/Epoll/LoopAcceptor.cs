namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// A listener's place on one loop. Level-triggered and exclusive: an entry of the backlog wakes one loop, until it is taken, so nothing is lost when
/// a loop stops accepting.
/// </summary>
internal sealed class LoopAcceptor(EpollListener listener, EpollTransport transport, EpollLoop loop, ConnectionHandOut handOut) : IEpollHandler, ILoopWork
{
    private const int MaxBatch = 64;
    private static readonly TimeSpan InitialRetry = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromSeconds(1);

    // The number of accepts at a wake-up: as many as there were last time, so that the accept which finds nothing is rare.
    private int _batch = 1;
    private TimeSpan _retry = InitialRetry;
    private readonly List<EpollConnection> _accepted = [];
    private bool _attached;
    private bool _stopped;

    public uint Generation { get; set; }

    bool ILoopWork.IsQueued { get; set; }

    private ConnectionLimit? Limit => listener.Options.Limit;

    public void Start() => loop.Post(static acceptor => ((LoopAcceptor)acceptor!).Attach(), this);

    /// <summary>Completes when the loop no longer uses the socket.</summary>
    public Task StopAsync() => RunAsync(static acceptor =>
    {
        acceptor._stopped = true;
        acceptor.Detach();
    });

    /// <summary>Takes the connections in the backlog once all loops have stopped, within the limit; completes when that is over.</summary>
    public async Task DrainAsync(BacklogDrain drain)
    {
        await loop.Resume();
        while (!loop.IsStopping && drain.GoesOn(TakeBatch(drain), out var pause))
        {
            await loop.Delay(pause);
        }
    }

    /// <summary>Completes when every connection that was accepted for this loop is handed out.</summary>
    public Task HandOutAsync() => RunAsync(static acceptor => acceptor.HandOut());

    public void OnEvents(uint events)
    {
        for (var accepted = 0; accepted < _batch; accepted++)
        {
            if (Limit is { } limit && !limit.TryAcquire())
            {
                Detach();
                _ = WaitForPlaceAsync(limit);
                return;
            }

            var error = Accept();
            if (error == 0)
            {
                continue;
            }

            Limit?.Release();
            if (error == Errno.Again)
            {
                _batch = Math.Max(1, accepted);
                return;
            }

            if (error != Errno.Interrupted && !Errno.IsOfThePeer(error))
            {
                PutOff(error);
                return;
            }
        }

        _batch = Math.Min(_batch * 2, MaxBatch);
    }

    /// <returns>True if there may be more at once.</returns>
    private bool TakeBatch(BacklogDrain drain)
    {
        for (var accepted = 0; accepted < MaxBatch; accepted++)
        {
            if (Limit is { } limit && !limit.TryAcquire())
            {
                drain.Hold();
                return false;
            }

            var error = Accept();
            if (error == 0)
            {
                drain.Take();
                continue;
            }

            Limit?.Release();
            if (error != Errno.Interrupted && !Errno.IsOfThePeer(error))
            {
                RecordFailure(drain, error);
                return false;
            }
        }

        return true;
    }

    private static void RecordFailure(BacklogDrain drain, int error)
    {
        // EINVAL: a Unix-domain socket that takes no new client is empty.
        if (error == Errno.InvalidArgument)
        {
            drain.Finish();
        }
        else if (error != Errno.Again)
        {
            drain.Hold();
        }
    }

    private unsafe int Accept()
    {
        AcceptedAddress address = default;
        Span<byte> buffer = address;
        var length = buffer.Length;
        int descriptor;
        fixed (byte* pointer = buffer)
        {
            descriptor = LinuxCalls.Accept(listener.Descriptor, pointer, ref length, LinuxCalls.NonBlocking | LinuxCalls.CloseOnExec);
        }

        if (descriptor < 0)
        {
            return Errno.Last;
        }

        _retry = InitialRetry;
        var target = transport.LoopFor(loop);
        var connection = new EpollConnection(target, descriptor, listener.Family, null, listener.Options.Tcp.WindowSize);
        buffer.CopyTo(connection.AddressBuffer);
        if (target == loop)
        {
            Add(connection);
        }
        else
        {
            target.Post(static state =>
            {
                var (acceptor, connection) = ((LoopAcceptor, EpollConnection))state!;
                acceptor.Add(connection);
            }, (listener.AcceptorOf(target), connection));
        }

        return 0;
    }

    /// <summary>
    /// Registers a new connection with epoll, and hands it out after the next look: by then it is known whether its client has sent bytes already
    /// (<see cref="SocketOptions.DelayAcknowledgement"/>).
    /// </summary>
    private void Add(EpollConnection connection)
    {
        var error = loop.IsStopping ? Errno.ConnectionAborted : connection.Register();
        if (error != 0)
        {
            connection.Abort();
            Limit?.Release();
            return;
        }

        _accepted.Add(connection);
        loop.EnqueueNextTurn(this);
    }

    void ILoopWork.Run() => HandOut();

    private void HandOut()
    {
        foreach (var connection in _accepted)
        {
            handOut.HandOut(connection);
        }

        _accepted.Clear();
    }

    private void Attach()
    {
        if (!_stopped && !_attached)
        {
            _attached = true;
            if (loop.Register(listener.Descriptor, this, EpollEvents.In | EpollEvents.Exclusive) is var error and not 0)
            {
                _attached = false;
                PutOff(error);
            }
        }
    }

    private void Detach()
    {
        if (_attached)
        {
            _attached = false;
            loop.Unregister(listener.Descriptor);
        }
    }

    private Task RunAsync(Action<LoopAcceptor> action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(static state =>
        {
            var (acceptor, action, done) = ((LoopAcceptor, Action<LoopAcceptor>, TaskCompletionSource))state!;
            action(acceptor);
            done.SetResult();
        }, (this, action, done));
        return done.Task;
    }

    private void PutOff(int error)
    {
        Detach();
        handOut.TellFailure(new TransportException($"cannot accept on {listener.LocalEndPoint}: {Errno.Message(error)}"), _retry);
        loop.PostAfter(_retry, static acceptor => ((LoopAcceptor)acceptor!).Attach(), this);
        _retry = _retry * 2 < MaxRetry ? _retry * 2 : MaxRetry;
    }

    private async Task WaitForPlaceAsync(ConnectionLimit limit)
    {
        try
        {
            await limit.WaitAvailableAsync(listener.Stopping).ConfigureAwait(false);
            Start();
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The listener is disposed.
            return;
        }
    }
}
