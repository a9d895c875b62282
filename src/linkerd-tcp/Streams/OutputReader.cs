namespace Linkerd.Tcp.Cli.Streams;

/// <summary>The reader of the standard output: a program at the other end of a pipe, a terminal, or none.</summary>
internal static unsafe class OutputReader
{
    private const short GoneEvents = 0x8 | 0x10;

    /// <summary>
    /// Returns a token that is cancelled once the reader is gone, whether or not anything is written to it: a pipe whose other end is closed, a terminal that hung up. A
    /// thread of its own waits for it, until the process ends. On Windows it is never cancelled.
    /// </summary>
    public static CancellationToken WhenGone()
    {
        var gone = new CancellationTokenSource();
        if (!OperatingSystem.IsWindows())
        {
            new Thread(() => Wait(gone)) { IsBackground = true, Name = "output reader" }.Start();
        }

        return gone.Token;
    }

    private static void Wait(CancellationTokenSource gone)
    {
        // POLLERR and POLLHUP are reported without being requested (poll(2)); a file never has them.
        var entry = new PollEntry { Descriptor = 1 };
        while (PollEntry.Poll(&entry, 1, Timeout.Infinite) < 0)
        {
        }

        if ((entry.Returned & GoneEvents) != 0)
        {
            gone.Cancel();
        }
    }
}
