using System.Diagnostics.CodeAnalysis;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Proxying;

/// <summary>
/// The start of a copy whose server connection was made before it was needed. The direction from the client is held until the client has sent a
/// byte, a FIN or a RST. A server connection that ends before that and before it has brought a byte is replaced, once, and neither peer notices.
/// From then on, or once the server has sent a byte, everything is as in any copy. The observer of the replaceable connection's direction.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The source of a token without a timer holds nothing.")]
internal sealed class PreconnectGate(DuplexRun run, HalfDuplex up, HalfDuplex down, IServerReplacement replacement) : IRelayObserver
{
    private readonly Lock _lock = new();
    private volatile CancellationTokenSource? _replacing;

    // True if the server connection is not replaced any more: it has brought a byte, it is fresh, the client's bytes go to it, or the copy ends.
    private volatile bool _settled;
    private bool _clientSpoke;
    private bool _started;
    private bool _faulted;

    public void Start()
    {
        _settled = down.Source.UnreadBytes > 0;
        down.Source.StartRelay(down.Destination, this);
        _ = WatchClientAsync();
    }

    /// <summary>Cancels the current wait: the copy ends. After its reason is set. Any thread.</summary>
    public void Cancel() => _replacing?.Cancel();

    public void OnReceived(long now)
    {
        down.OnReceived(now);
        if (!_settled && Settle())
        {
            // Not at once: the relay is in the middle of an event, and its buffer is the loop's.
            _ = StartUpSoonAsync();
        }
    }

    public void OnBlocked() => down.OnBlocked();

    public void OnSent(long now) => down.OnSent(now);

    public void OnUnblocked(long now) => down.OnUnblocked(now);

    public void OnEnded(RelayEnd end)
    {
        bool replaces;
        lock (_lock)
        {
            replaces = !_settled && !end.AtDestination && end.Status != TransportStatus.Aborted;
            _settled = true;
            if (replaces)
            {
                _replacing = new CancellationTokenSource();
            }
        }

        if (replaces)
        {
            _ = ReplaceAsync(_replacing!);
        }
        else
        {
            down.OnEnded(end);
            StartUp();
        }
    }

    public void OnFaulted(Exception error)
    {
        Settle();
        down.OnFaulted(error);
        StartUp();
    }

    /// <summary>Looks at the client's bytes and takes nothing: the relay does.</summary>
    private async Task WatchClientAsync()
    {
        ReceiveResult received;
        try
        {
            received = await up.Source.ReceiveAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // The direction ends before it has begun.
            Settle();
            run.OnFaulted(error);
            return;
        }

        if (!received.Data.IsEmpty)
        {
            up.OnReceived(run.Now);
        }

        bool replacing;
        lock (_lock)
        {
            _clientSpoke = true;
            replacing = _replacing is not null;
        }

        if (replacing && received.Status is not (TransportStatus.Ok or TransportStatus.Aborted))
        {
            // It waits for nothing any more.
            run.EndNow(new(ClosedBy.Client, run.Phase, received.Status == TransportStatus.TimedOut));
        }

        StartUp();
    }

    /// <summary>Starts the direction from the client, if it is time.</summary>
    private void StartUp()
    {
        try
        {
            lock (_lock)
            {
                if (!_clientSpoke || _started || _replacing is not null)
                {
                    return;
                }

                // With its end there the relay is about to report whether a byte came before it, and goes on here.
                if (!_settled && down.Source.HasPeerClosed)
                {
                    return;
                }

                _settled = _started = true;
            }

            run.StartUp();
        }
        catch (Exception error)
        {
            // Thrown by a connection, which may be user code, before the direction began, which ends instead.
            bool isFirst;
            lock (_lock)
            {
                isFirst = !_faulted;
                _settled = _started = _faulted = true;
            }

            if (isFirst)
            {
                run.OnFaulted(error);
            }
        }
    }

    private async Task StartUpSoonAsync()
    {
        try
        {
            await up.Source.Executor.Yield();
        }
        catch (Exception error)
        {
            run.Fail(error);
        }

        StartUp();
    }

    private async Task ReplaceAsync(CancellationTokenSource replacing)
    {
        Exception? fault = null;
        try
        {
            // Either the caller that ends the copy finds the wait to cancel, or its reason is found here.
            Interlocked.MemoryBarrier();
            if (run.IsEnding)
            {
                replacing.Cancel();
            }

            var replaced = await replacement.ReplaceAsync(replacing.Token).ConfigureAwait(false);
            await up.Source.Executor.Resume();
            if (replaced.Connection is { } fresh)
            {
                await run.ReplaceServerAsync(fresh).ConfigureAwait(false);
                _replacing = null;
                fresh.StartRelay(down.Destination, down);
            }
            else
            {
                run.EndNow(replaced.Reason);
                _replacing = null;
                down.OnEnded(new(TransportStatus.Aborted, AtDestination: false));
            }
        }
        catch (Exception error)
        {
            fault = error;
        }

        if (fault is not null)
        {
            try
            {
                await up.Source.Executor.Resume();
            }
            catch (Exception error)
            {
                run.Fail(error);
            }

            _replacing = null;
            down.OnFaulted(fault);
        }

        StartUp();
    }

    /// <returns>True if the client waits for it.</returns>
    private bool Settle()
    {
        lock (_lock)
        {
            _settled = true;
            return _clientSpoke && !_started;
        }
    }
}
