namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>A pipe through which the kernel moves pages from one socket to another (splice(2)).</summary>
internal sealed unsafe class SplicePipe
{
    // More than the kernel's default of 64 KiB, so that a wake-up moves more: against 256 KiB this saved a bulk stream a fifth to a third of its CPU
    // time. An unprivileged user may have 64 MiB of pipes (fs.pipe-user-pages-soft), and gets the default beyond that.
    private const int WantedSize = 1024 * 1024;
    private const int DefaultSize = 64 * 1024;
    private const int SetPipeSize = 1031;

    private SplicePipe(int readEnd, int writeEnd, int capacity)
    {
        ReadEnd = readEnd;
        WriteEnd = writeEnd;
        Capacity = capacity;
    }

    public int ReadEnd { get; }

    public int WriteEnd { get; }

    /// <summary>The number of bytes that it takes if each page is full.</summary>
    public int Capacity { get; }

    public static SplicePipe? TryCreate()
    {
        var ends = stackalloc int[2];
        if (LinuxCalls.Pipe(ends, LinuxCalls.CloseOnExec | LinuxCalls.NonBlocking) != 0)
        {
            return null;
        }

        var size = LinuxCalls.Control(ends[1], SetPipeSize, WantedSize);
        return new(ends[0], ends[1], size > 0 ? size : DefaultSize);
    }

    public void Close()
    {
        _ = LinuxCalls.Close(ReadEnd);
        _ = LinuxCalls.Close(WriteEnd);
    }
}
