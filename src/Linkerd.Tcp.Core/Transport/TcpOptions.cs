using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Transport;

/// <summary>Represents the settings of TCP connections; ignored for Unix-domain sockets. Copied and validated by whoever takes them, except in <see cref="TransportConnectOptions"/>.</summary>
public sealed class TcpOptions
{
    private const int MaxBuffer = 1 << 30;

    // tcp(7) and the kernel's MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT.
    private const int MaxProbes = 127;
    private static readonly TimeSpan MaxKeepAlive = TimeSpan.FromSeconds(short.MaxValue);
    private static readonly TimeSpan MaxUserTimeout = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>Gets the defaults, for code that sets nothing and gives them to nobody.</summary>
    internal static TcpOptions Defaults { get; } = new();

    /// <summary>TCP_NODELAY: send small segments at once. Default: true.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>SO_KEEPALIVE: the silence after which the first probe is sent, in whole seconds; <see cref="TimeSpan.Zero"/> turns probing off. Default: 30 s.</summary>
    public TimeSpan KeepAliveTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The time between probes that are not answered, in whole seconds. Default: 10 s.</summary>
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many probes without an answer end the connection. Default: 3, so a dead peer is noticed after 60 s in all.</summary>
    public int KeepAliveRetryCount { get; set; } = 3;

    /// <summary>The most that one receive hands out, in bytes, and so the window of one direction of a copy. Default: 64 KiB.</summary>
    public int WindowSize { get; set; } = 64 * 1024;

    /// <summary>
    /// TCP_USER_TIMEOUT: ends a connection whose sent bytes were not acknowledged for so long; <see cref="TimeSpan.Zero"/> leaves that to the system.
    /// Off by default, as it also ends connections to peers that are alive and read slowly (RFC 5482). Linux only.
    /// </summary>
    public TimeSpan UserTimeout { get; set; }

    /// <summary>SO_SNDBUF, in bytes; null, the default, leaves the size to the system, which adapts it.</summary>
    public int? SendBufferSize { get; set; }

    /// <summary>SO_RCVBUF, in bytes; null, the default, leaves the size to the system, which adapts it.</summary>
    public int? ReceiveBufferSize { get; set; }

    internal TcpOptions Copy() => (TcpOptions)MemberwiseClone();

    internal bool HasWindow => WindowSize is > 0 and <= MaxBuffer;

    /// <summary>Gets whether connections are probed in the same way.</summary>
    internal bool HasKeepAliveOf(TcpOptions other) => ReferenceEquals(this, other)
        || (KeepAliveTime == other.KeepAliveTime && KeepAliveInterval == other.KeepAliveInterval && KeepAliveRetryCount == other.KeepAliveRetryCount);

    /// <summary>Gets whether all settings are the same.</summary>
    internal bool IsSame(TcpOptions other) => HasKeepAliveOf(other)
        && (NoDelay, WindowSize, UserTimeout, SendBufferSize, ReceiveBufferSize) == (other.NoDelay, other.WindowSize, other.UserTimeout, other.SendBufferSize, other.ReceiveBufferSize);

    // What no kernel would take, as a setting that a kernel refuses is silently not in force.
    internal void Validate(OptionsValidator validator)
    {
        validator.Expect(KeepAliveTime == TimeSpan.Zero || IsKeepAlive(KeepAliveTime), KeepAliveTime, "1 s to 32767 s, or zero for no probing,");
        validator.Expect(IsKeepAlive(KeepAliveInterval), KeepAliveInterval, "1 s to 32767 s");
        validator.Range(KeepAliveRetryCount, 1, MaxProbes);
        validator.Expect(HasWindow, WindowSize, "1 byte to 1 GiB");
        validator.Expect(UserTimeout >= TimeSpan.Zero && UserTimeout <= MaxUserTimeout, UserTimeout, "zero for the system's, or up to 24 days,");
        validator.Expect(SendBufferSize is null or (> 0 and <= MaxBuffer), SendBufferSize, "1 byte to 1 GiB, or null for the system's,");
        validator.Expect(ReceiveBufferSize is null or (> 0 and <= MaxBuffer), ReceiveBufferSize, "1 byte to 1 GiB, or null for the system's,");
    }

    private static bool IsKeepAlive(TimeSpan span) => span >= TimeSpan.FromSeconds(1) && span <= MaxKeepAlive;
}
