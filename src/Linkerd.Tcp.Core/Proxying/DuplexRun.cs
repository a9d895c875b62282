using System.Runtime.CompilerServices;

namespace Linkerd.Tcp;

/// <summary>
/// One copy while it runs. The two directions are loops of their own, which may run on two threads; each ends by itself, and an abnormal end
/// aborts both connections, which ends every pending operation. What the directions share is either written once or under the lock.
/// </summary>
internal sealed partial class DuplexRun
{
    // After so many bytes in one go a direction lets others have the thread: about 10 ms, as the runtime's own socket engine does. A turn of 1 MiB
    // cost a bulk stream 4 % in thread switches.
    private const int BytesPerTurn = 1 << 24;

    private readonly TransportConnection _client;
    private readonly TransportConnection _server;
    private readonly HalfDuplex _up;
    private readonly HalfDuplex _down;
    private readonly DuplexOptions _options;
    private readonly DuplexControl _control;
    private readonly TimeProvider _clock;
    private readonly long _startedAt;
    private readonly TimeSpan _lifetime;
    private int _resetting;

    public DuplexRun(TransportConnection client, TransportConnection server, DuplexOptions options, IRandomSource random, DuplexControl control)
    {
        _client = client;
        _server = server;
        _options = options;
        _control = control;
        _clock = client.Executor.TimeProvider;
        _startedAt = _clock.GetTimestamp();
        _up = new HalfDuplex(client, server, ClosedBy.Client, ClosedBy.Server, _startedAt);
        _down = new HalfDuplex(server, client, ClosedBy.Server, ClosedBy.Client, _startedAt);
        _lifetime = options.Lifetime == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : random.Jitter(options.Lifetime, options.LifetimeJitter);
    }

    public long BytesFromClient => _up.Received;

    public long BytesToServer => _up.Sent;

    public long BytesFromServer => _down.Received;

    public long BytesToClient => _down.Sent;

    public DateTimeOffset LastActivity => _clock.GetUtcNow() - _clock.GetElapsedTime(Math.Max(_up.LastMoved, _down.LastMoved));

    private ClosePhase Phase => _up.Ended || _down.Ended ? ClosePhase.Last : ClosePhase.Data;

    public async ValueTask<DuplexResult> RunAsync()
    {
        _control.Attach(this);
        if (_control.Reason is not null)
        {
            Abort();
        }

        StartTimer();
        var up = CopyAsync(_up);
        var down = CopyAsync(_down);
        try
        {
            await up.ConfigureAwait(false);
            await down.ConfigureAwait(false);
        }
        catch
        {
            // A transport that throws breaks its contract; what it carries must not outlive that.
            _control.TrySetReason(new(ClosedBy.Proxy, Phase));
            Abort();
            throw;
        }
        finally
        {
            StopTimer();
        }

        _control.TrySetReason(CloseReason.Normal);
        await _client.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        return new(_control.Reason!.Value, BytesFromClient, BytesToServer, BytesFromServer, BytesToClient, _clock.GetElapsedTime(_startedAt));
    }

    /// <summary>Ends both connections at once. Any thread.</summary>
    public void Abort()
    {
        _client.Abort();
        _server.Abort();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask CopyAsync(HalfDuplex half)
    {
        var inOneGo = 0;
        while (true)
        {
            var receiving = half.Source.ReceiveAsync();
            if (!receiving.IsCompleted)
            {
                inOneGo = 0;
            }

            var received = await receiving.ConfigureAwait(false);
            if (received.Data.IsEmpty)
            {
                await EndAsync(half, received.Status).ConfigureAwait(false);
                return;
            }

            half.OnReceived(_clock.GetTimestamp());
            inOneGo += received.Data.Length;
            var sending = half.Destination.SendFromAsync(half.Source, received.Data);
            TransportStatus sent;
            if (sending.IsCompletedSuccessfully)
            {
                sent = sending.Result;
            }
            else
            {
                half.Blocked = true;
                WatchBlocked();
                sent = await sending.ConfigureAwait(false);
                half.Blocked = false;
                half.OnSent(_clock.GetTimestamp());
                inOneGo = 0;
            }

            if (sent != TransportStatus.Ok)
            {
                await EndUndeliveredAsync(half, sent).ConfigureAwait(false);
                return;
            }

            if (inOneGo >= BytesPerTurn)
            {
                inOneGo = 0;
                await half.Source.Executor.Yield();
            }
        }
    }

    /// <summary>The source has nothing more: pass on how it ended.</summary>
    private async ValueTask EndAsync(HalfDuplex half, TransportStatus status)
    {
        if (status == TransportStatus.Ok)
        {
            half.Destination.ShutdownSend();
            var other = End(half, withFin: true);
            if (other.Ended && !other.EndedWithFin)
            {
                await ResetAsync(half.Destination).ConfigureAwait(false);
            }
        }
        else if (status != TransportStatus.Aborted)
        {
            _control.TrySetReason(new(half.SourceSide, Phase, status == TransportStatus.TimedOut));
            End(half, withFin: false);
            await ResetAsync(half.Destination).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The destination takes nothing more. What it had sent before it went is still on its way through the other direction, which finds the
    /// same end behind it; only where that direction has ended already is there nobody left to tell the source.
    /// </summary>
    private async ValueTask EndUndeliveredAsync(HalfDuplex half, TransportStatus status)
    {
        if (status == TransportStatus.Aborted)
        {
            return;
        }

        _control.TrySetReason(new(half.DestinationSide, Phase, status == TransportStatus.TimedOut));
        if (End(half, withFin: false).EndedWithFin)
        {
            await ResetAsync(half.Source).ConfigureAwait(false);
        }
    }

    /// <summary>Resets a connection after it has acknowledged what it was sent: a RST throws away what it did not.</summary>
    private async ValueTask ResetAsync(TransportConnection survivor)
    {
        if (Interlocked.Exchange(ref _resetting, 1) != 0)
        {
            return;
        }

        await survivor.WaitAcknowledgedAsync().ConfigureAwait(false);
        Abort();
    }

    /// <summary>Marks a direction as ended, which starts the half-close timeout of the other one.</summary>
    /// <returns>How the other direction stood at that moment; of two that end at once, exactly one sees the other ended.</returns>
    private (bool Ended, bool EndedWithFin) End(HalfDuplex half, bool withFin)
    {
        var other = ReferenceEquals(half, _up) ? _down : _up;
        (bool, bool) state;
        lock (_timerLock)
        {
            half.End(withFin, _clock.GetTimestamp());
            state = (other.Ended, other.EndedWithFin);
        }

        Reschedule();
        return state;
    }
}
