namespace Linkerd.Tcp;

/// <summary>Finds what no kernel would take, as a setting that a kernel refuses is silently not in force.</summary>
internal static class TcpOptionsCheck
{
    private const int LargestBuffer = 1 << 30;

    // tcp(7) and the kernel's MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT.
    private const int MostProbes = 127;
    private static readonly TimeSpan LongestKeepAlive = TimeSpan.FromSeconds(short.MaxValue);
    private static readonly TimeSpan LongestUserTimeout = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <param name="options">What to check.</param>
    /// <param name="path">What stands before the names of its options in a message.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(TcpOptions options, string path)
    {
        Expect(options.WindowSize is > 0 and <= LargestBuffer, nameof(TcpOptions.WindowSize), "1 byte to 1 GiB");
        Expect(options.KeepAliveTime == TimeSpan.Zero || IsKeepAlive(options.KeepAliveTime), nameof(TcpOptions.KeepAliveTime), "1 s to 32767 s, or zero for no probing,");
        Expect(IsKeepAlive(options.KeepAliveInterval), nameof(TcpOptions.KeepAliveInterval), "1 s to 32767 s");
        Expect(options.KeepAliveRetryCount is > 0 and <= MostProbes, nameof(TcpOptions.KeepAliveRetryCount), "1 to 127");
        Expect(options.UserTimeout >= TimeSpan.Zero && options.UserTimeout <= LongestUserTimeout, nameof(TcpOptions.UserTimeout), "zero for the system's, or up to 24 days,");
        Expect(options.SendBufferSize is null or (> 0 and <= LargestBuffer), nameof(TcpOptions.SendBufferSize), "1 byte to 1 GiB, or null for the system's,");
        Expect(options.ReceiveBufferSize is null or (> 0 and <= LargestBuffer), nameof(TcpOptions.ReceiveBufferSize), "1 byte to 1 GiB, or null for the system's,");

        void Expect(bool holds, string option, string expected)
        {
            if (!holds)
            {
                throw new ArgumentException($"{path}{option}: {expected} was expected.");
            }
        }
    }

    private static bool IsKeepAlive(TimeSpan span) => span >= TimeSpan.FromSeconds(1) && span <= LongestKeepAlive;
}
