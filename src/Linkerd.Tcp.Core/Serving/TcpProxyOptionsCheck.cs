namespace Linkerd.Tcp;

/// <summary>Finds what is wrong with options before anything is bound.</summary>
internal static class TcpProxyOptionsCheck
{
    private const int LargestWindow = 1 << 30;

    public static void Check(TcpProxyOptions options)
    {
        if (options.Listeners is not { Count: > 0 })
        {
            throw new ArgumentException($"{nameof(TcpProxyOptions.Listeners)}: at least one listener was expected.", nameof(options));
        }

        Expect(options.MaxSessions is null or > 0, nameof(TcpProxyOptions.MaxSessions), "1 or more");
        Expect(options.MaxAttempts > 0, nameof(TcpProxyOptions.MaxAttempts), "1 or more");
        Expect(options.Tcp.WindowSize is > 0 and <= LargestWindow, nameof(TcpOptions.WindowSize), "1 byte to 1 GiB");
        Expect(options.Duplex.LifetimeJitter is >= 0 and <= 1, nameof(DuplexOptions.LifetimeJitter), "0 to 1");
        ExpectSpan(options.ConnectTimeout, nameof(TcpProxyOptions.ConnectTimeout));
        ExpectSpan(options.AttemptTimeout, nameof(TcpProxyOptions.AttemptTimeout));
        ExpectSpan(options.Duplex.IdleTimeout, nameof(DuplexOptions.IdleTimeout));
        ExpectSpan(options.Duplex.HalfCloseTimeout, nameof(DuplexOptions.HalfCloseTimeout));
        ExpectSpan(options.Duplex.Lifetime, nameof(DuplexOptions.Lifetime));
    }

    private static void ExpectSpan(TimeSpan value, string option) =>
        Expect(value > TimeSpan.Zero || value == Timeout.InfiniteTimeSpan, option, "more than zero, or Timeout.InfiniteTimeSpan");

    private static void Expect(bool holds, string option, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException($"{option}: {expected} was expected.");
        }
    }
}
