namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>The number of pipes that all loops may have together: each takes two descriptors and, while it is full, kernel memory. Any thread.</summary>
internal sealed class PipeAllowance(int maximum)
{
    private int _used;

    /// <summary>The number of pipes that exist.</summary>
    public int Used => Volatile.Read(ref _used);

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _used) <= maximum)
        {
            return true;
        }

        Interlocked.Decrement(ref _used);
        return false;
    }

    public void GiveBack() => Interlocked.Decrement(ref _used);
}

/// <summary>
/// The pipes of one loop. A bulk stream holds one only while there is something in it, so few are in use at a time: that of the stream which is
/// being served, and those of streams whose reader is slow. Last in, first out; keeps at most 8. For the loop's thread.
/// </summary>
internal sealed class PipePool(PipeAllowance allowance) : IDisposable
{
    private const int Kept = 8;

    private readonly Stack<SplicePipe> _idle = new(Kept);

    /// <summary>Gets an empty pipe; null if there may be no more, or the kernel refuses one: then bytes are copied.</summary>
    public SplicePipe? Rent()
    {
        if (_idle.TryPop(out var idle))
        {
            return idle;
        }

        if (!allowance.TryTake())
        {
            return null;
        }

        var pipe = SplicePipe.TryCreate();
        if (pipe is null)
        {
            allowance.GiveBack();
        }

        return pipe;
    }

    public void Return(SplicePipe pipe, bool isEmpty)
    {
        if (isEmpty && _idle.Count < Kept)
        {
            _idle.Push(pipe);
        }
        else
        {
            pipe.Close();
            allowance.GiveBack();
        }
    }

    public void Dispose()
    {
        while (_idle.TryPop(out var pipe))
        {
            pipe.Close();
            allowance.GiveBack();
        }
    }
}
