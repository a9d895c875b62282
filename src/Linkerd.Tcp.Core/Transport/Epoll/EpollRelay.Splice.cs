namespace Linkerd.Tcp.Transport.Epoll;

// Bulk: the kernel moves pages from one socket to the other through a pipe, without a copy. It costs two system calls more than it saves
// if messages are small, so a direction must have shown large reads, one after the other, and goes back to copying when they stop. A pipe is held
// only while there is something in it.
//
// Splice does not get past an urgent byte, whatever is behind it: it returns EAGAIN there, or the end of the stream, or its reset (tcp_read_sock in Linux's
// tcp.c). A receive does get past it, and drops it. So a direction whose source has ever had urgent data is not spliced (protocols that use it move no bulk:
// telnet, rlogin, FTP), and an end that a splice reports is not accepted before a receive reports the same. An EAGAIN needs no receive: urgent data that came after
// the last look at epoll is an event of its own.
internal sealed unsafe partial class EpollRelay
{
    private const int LargeRead = 16 * 1024;
    private const int SmallRead = 4 * 1024;
    private const int LargeReadsForBulk = 4;
    private const int SmallReadsAgainstBulk = 4;

    private SplicePipe? _pipe;
    private int _inPipe;
    private byte _streak;
    private bool _isBulk;
    private bool _spliceRefused;

    private void ConsiderBulk(int count, int window)
    {
        if (count < Math.Min(LargeRead, window))
        {
            _streak = 0;
        }
        else if (++_streak >= LargeReadsForBulk && !_spliceRefused)
        {
            (_isBulk, _streak) = (true, 0);
        }
    }

    /// <summary>Moves one pipe full.</summary>
    /// <returns>True if there may be more to move now.</returns>
    private bool TrySplice(ref int budget)
    {
        if (_source.HasUrgent)
        {
            ReturnPipe();
            (_spliceRefused, _isBulk) = (true, false);
            return true;
        }

        _pipe ??= Loop.Pipes.Rent();
        if (_pipe is null)
        {
            _isBulk = false;
            return true;
        }

        if (!_source.IsReadable)
        {
            ReturnPipe();
            return false;
        }

        var moved = SpliceIn(_pipe);
        if (moved <= 0)
        {
            var error = moved == 0 ? 0 : Errno.Last;
            ReturnPipe();
            return !IsEmptyAfter(error);
        }

        _inPipe = moved;
        budget -= moved;
        _source.CountReceived(moved);
        _observer.OnReceived(Loop.Now);
        ConsiderCopying(moved);
        return TryFlush();
    }

    /// <summary>Handles a splice that moved nothing.</summary>
    /// <param name="error">The error; 0 if it reported the end of the stream.</param>
    /// <returns>True if there is nothing to be received now, either.</returns>
    private bool IsEmptyAfter(int error)
    {
        if (error == Errno.Again)
        {
            return !_source.TryEndRead(error, out _);
        }

        _isBulk = false;
        if (error == Errno.InvalidArgument)
        {
            // Not every kind of socket can; this one is copied from.
            _spliceRefused = true;
        }
        else if (error != 0)
        {
            _source.RecordReadError(error);
        }

        return false;
    }

    private int SpliceIn(SplicePipe pipe)
    {
        // If it is alone, a stream may fill the pipe; if others wait, it takes a small turn.
        var length = Loop.IsCrowded ? Math.Min(pipe.Capacity, BytesPerTurn) : pipe.Capacity;
        nint moved;
        do
        {
            moved = LinuxCalls.Splice(_source.Descriptor, null, pipe.WriteEnd, null, length, LinuxCalls.SplicePageMove | LinuxCalls.SpliceNonBlocking);
        }
        while (moved < 0 && Errno.Last == Errno.Interrupted);
        return (int)moved;
    }

    private void ConsiderCopying(int moved)
    {
        if (moved >= SmallRead)
        {
            _streak = 0;
        }
        else if (++_streak >= SmallReadsAgainstBulk)
        {
            (_isBulk, _streak) = (false, 0);
        }
    }

    private TransportStatus FlushPipe()
    {
        while (_inPipe > 0)
        {
            if (_destination.IsClosed)
            {
                return TransportStatus.Aborted;
            }

            var moved = LinuxCalls.Splice(_pipe!.ReadEnd, null, _destination.Descriptor, null, _inPipe, LinuxCalls.SplicePageMove | LinuxCalls.SpliceNonBlocking);
            if (moved > 0)
            {
                _destination.RecordSpliced((int)moved, _inPipe);
                _inPipe -= (int)moved;
                continue;
            }

            var error = moved == 0 ? Errno.Again : Errno.Last;
            if (error == Errno.Interrupted)
            {
                continue;
            }

            if (error == Errno.InvalidArgument)
            {
                (_spliceRefused, _isBulk) = (true, false);
                return TakeOutOfPipe();
            }

            var status = _destination.FailSend(error);
            if (status != TransportStatus.Ok || error == Errno.Again)
            {
                return status;
            }
        }

        ReturnPipe();
        return TransportStatus.Ok;
    }

    /// <summary>Handles a destination that cannot be spliced to: what is in the pipe goes the way of all bytes that it has not taken.</summary>
    private TransportStatus TakeOutOfPipe()
    {
        var rest = new byte[_inPipe];
        fixed (byte* buffer = rest)
        {
            for (var taken = 0; taken < rest.Length;)
            {
                var count = LinuxCalls.Read(_pipe!.ReadEnd, buffer + taken, rest.Length - taken);
                if (count <= 0)
                {
                    throw new TransportException($"a pipe that holds {_inPipe} bytes gave {taken}: {Errno.Message(Errno.Last)}");
                }

                taken += (int)count;
            }
        }

        _rest = rest;
        (_restStart, _restLength, _inPipe) = (0, rest.Length, 0);
        ReturnPipe();
        return FlushRest();
    }

    private void ReturnPipe()
    {
        if (_pipe is { } pipe)
        {
            _pipe = null;
            Loop.Pipes.Return(pipe, isEmpty: _inPipe == 0);
            _inPipe = 0;
        }
    }
}
