namespace Linkerd.Tcp;

/// <summary>Finds what is wrong with options before anything is bound.</summary>
internal static class TcpProxyOptionsCheck
{
    public static void Check(TcpProxyOptions options)
    {
        if (options.Listeners is not { Count: > 0 })
        {
            throw new ArgumentException($"{nameof(TcpProxyOptions.Listeners)}: at least one listener was expected.", nameof(options));
        }

        for (var i = 0; i < options.Listeners.Count; i++)
        {
            CheckListener(options.Listeners[i], $"{nameof(TcpProxyOptions.Listeners)}[{i}].");
        }

        Expect(options.MaxSessions is null or > 0, nameof(TcpProxyOptions.MaxSessions), "1 or more");
        Expect(options.Duplex.LifetimeJitter is >= 0 and <= 1, nameof(DuplexOptions.LifetimeJitter), "0 to 1");
        options.Connect.Check();
        ExpectSpan(options.Duplex.IdleTimeout, nameof(DuplexOptions.IdleTimeout));
        ExpectSpan(options.Duplex.FirstByteTimeout, nameof(DuplexOptions.FirstByteTimeout));
        ExpectSpan(options.Duplex.HalfCloseTimeout, nameof(DuplexOptions.HalfCloseTimeout));
        ExpectSpan(options.Duplex.Lifetime, nameof(DuplexOptions.Lifetime));
        TcpOptionsCheck.Check(options.Tcp, $"{nameof(TcpProxyOptions.Tcp)}.");
    }

    private static void Expect(bool holds, string option, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException($"{option}: {expected} was expected.");
        }
    }

    private static void CheckListener(ProxyListener listener, string path)
    {
        Expect(
            listener.Destination is null != listener.Route is null,
            path + nameof(ProxyListener.Destination),
            $"either a name, or a {nameof(ProxyListener.Route)} in its place,");
        ExpectSpan(listener.PreludeTimeout, path + nameof(ProxyListener.PreludeTimeout));
        Expect(listener.MaxPreludeBytes > 0, path + nameof(ProxyListener.MaxPreludeBytes), "1 or more");
        Expect(listener.MaxSessions is null or > 0, path + nameof(ProxyListener.MaxSessions), "1 or more");
        Expect(listener.Backlog > 0, path + nameof(ProxyListener.Backlog), "1 or more");
        Expect(listener.MaxSessionsPerClient is null or > 0, path + nameof(ProxyListener.MaxSessionsPerClient), "1 or more");
        Expect(listener.AcceptRate is null || (listener.AcceptRate > 0 && double.IsFinite(listener.AcceptRate.Value)), path + nameof(ProxyListener.AcceptRate), "a finite number of sessions a second, more than 0,");
        Expect(listener.AcceptBurst is null or > 0, path + nameof(ProxyListener.AcceptBurst), "1 or more");
        Expect(listener.AcceptBurst is null || listener.AcceptRate is not null, path + nameof(ProxyListener.AcceptBurst), $"{nameof(ProxyListener.AcceptRate)} beside it");
    }

    private static void ExpectSpan(TimeSpan value, string option) =>
        Expect(value > TimeSpan.Zero || value == Timeout.InfiniteTimeSpan, option, "more than zero, or Timeout.InfiniteTimeSpan");
}
