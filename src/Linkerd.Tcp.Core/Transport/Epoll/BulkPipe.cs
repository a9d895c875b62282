namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Represents the bulk mode of one direction: the kernel moves pages from one socket to the other through a pipe, without a copy. For small messages it costs two system calls more than it
/// saves, so a direction must have had several large reads in succession, and returns to copying when they stop. A pipe is held
/// only while it contains bytes. Part of its <see cref="EpollRelay"/>: do not copy it. On the loop.
/// </summary>
internal unsafe struct BulkPipe
{
    private const int LargeRead = 16 * 1024;
    private const int SmallRead = 4 * 1024;
    private const int LargeReadsForBulk = 4;
    private const int SmallReadsAgainstBulk = 4;

    private SplicePipe? _pipe;
    private int _held;
    private byte _streak;
    private bool _isRefused;

    /// <summary>Gets a value that indicates whether the direction is bulk.</summary>
    public bool IsBulk { get; private set; }

    /// <summary>Gets the number of bytes in the pipe.</summary>
    public readonly int Held => _held;

    /// <summary>Records a read whose bytes were copied.</summary>
    public void RecordCopied(int count, int window)
    {
        if (count < Math.Min(LargeRead, window))
        {
            _streak = 0;
        }
        else if (++_streak >= LargeReadsForBulk && !_isRefused)
        {
            (IsBulk, _streak) = (true, 0);
        }
    }

    /// <summary>Makes the direction copy until it is bulk again.</summary>
    public void Stop() => IsBulk = false;

    /// <summary>Makes the direction copy from now on.</summary>
    public void Refuse() => (_isRefused, IsBulk) = (true, false);

    /// <summary>Rents a pipe if there is none; returns false if no more are allowed.</summary>
    public bool TryRent(EpollLoop loop) => (_pipe ??= loop.Pipes.Rent()) is not null;

    /// <summary>Moves available bytes of the source into the pipe, which is empty.</summary>
    /// <returns>The number of bytes; 0: the end of the stream; less: an error.</returns>
    public int MoveIn(EpollConnection source, int maxBytes)
    {
        var length = Math.Min(_pipe!.Capacity, maxBytes);
        nint moved;
        do
        {
            moved = LinuxCalls.Splice(source.Descriptor, null, _pipe.WriteEnd, null, length, LinuxCalls.SplicePageMove | LinuxCalls.SpliceNonBlocking);
        }
        while (moved < 0 && Errno.Last == Errno.Interrupted);
        if (moved > 0)
        {
            _held = (int)moved;
            ConsiderCopying();
        }

        return (int)moved;
    }

    /// <summary>Moves the content of the pipe to the destination, as far as that takes it.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="isImpossible">True if the destination does not support splicing.</param>
    public TransportStatus MoveOut(EpollConnection destination, out bool isImpossible)
    {
        isImpossible = false;
        while (_held > 0)
        {
            if (destination.IsClosed)
            {
                return TransportStatus.Aborted;
            }

            var moved = LinuxCalls.Splice(_pipe!.ReadEnd, null, destination.Descriptor, null, _held, LinuxCalls.SplicePageMove | LinuxCalls.SpliceNonBlocking);
            if (moved > 0)
            {
                destination.RecordSpliced((int)moved, _held);
                _held -= (int)moved;
                continue;
            }

            var error = moved == 0 ? Errno.Again : Errno.Last;
            if (error == Errno.Interrupted)
            {
                continue;
            }

            if (error == Errno.InvalidArgument)
            {
                isImpossible = true;
                return TransportStatus.Ok;
            }

            var status = destination.FailSend(error);
            if (status != TransportStatus.Ok || error == Errno.Again)
            {
                return status;
            }
        }

        return TransportStatus.Ok;
    }

    /// <summary>Reads the content of the pipe into an array.</summary>
    public byte[] TakeOut()
    {
        var content = new byte[_held];
        fixed (byte* buffer = content)
        {
            for (var taken = 0; taken < content.Length;)
            {
                var count = LinuxCalls.Read(_pipe!.ReadEnd, buffer + taken, content.Length - taken);
                if (count <= 0)
                {
                    throw new TransportException($"a pipe that holds {_held} bytes gave {taken}: {Errno.Message(Errno.Last)}");
                }

                taken += (int)count;
            }
        }

        _held = 0;
        return content;
    }

    /// <summary>Returns the pipe, if there is one.</summary>
    public void Return(EpollLoop loop)
    {
        if (_pipe is { } pipe)
        {
            _pipe = null;
            loop.Pipes.Return(pipe, isEmpty: _held == 0);
            _held = 0;
        }
    }

    private void ConsiderCopying()
    {
        if (_held >= SmallRead)
        {
            _streak = 0;
        }
        else if (++_streak >= SmallReadsAgainstBulk)
        {
            (IsBulk, _streak) = (false, 0);
        }
    }
}
