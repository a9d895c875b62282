namespace Linkerd.Tcp.Transport.Epoll;

// Small messages: while a loop goes through the events of one look at epoll, it first receives from all of them, then sends to all. The kernel's code
// for either is then still in the processor's cache.
internal sealed unsafe partial class EpollRelay
{
    /// <summary>The largest number of bytes that is received into the stage at once.</summary>
    private const int MaxStaged = 4 * 1024;

    private int _stagedCount;
    private int _stagedAt;
    private bool _lastWasLarge;

    /// <summary>Receives, and leaves the sending for later.</summary>
    /// <returns>True if it did; false if the work is to be done at once.</returns>
    private bool TryStage()
    {
        var length = Math.Min(MaxStaged, Window);
        if (_isBulk || _lastWasLarge || _rest is not null || _stagedCount > 0 || !Loop.Stage.TryReserve(length, out var buffer, out var at))
        {
            return false;
        }

        if (!_source.TryRead(buffer, length, out var count, out var end))
        {
            return true;
        }

        if (count == 0)
        {
            End(end, atDestination: false);
            return true;
        }

        _observer.OnReceived(Loop.Now);
        _lastWasLarge = count == length;
        (_stagedAt, _stagedCount) = (at, count);
        Loop.Stage.Add(this, count);
        return true;
    }

    /// <summary>Sends the staged bytes.</summary>
    public void FlushStaged()
    {
        var staged = Loop.Stage.Pointer + _stagedAt;
        var count = _stagedCount;
        _stagedCount = 0;
        if (_ended)
        {
            return;
        }

        var status = _destination.Send(staged, count, out var sent);
        if (status != TransportStatus.Ok)
        {
            End(status, atDestination: true);
        }
        else if (sent < count)
        {
            KeepRest(new ReadOnlySpan<byte>(staged + sent, count - sent));
        }
        else if (_source.IsReadable)
        {
            Run();
        }
    }
}
