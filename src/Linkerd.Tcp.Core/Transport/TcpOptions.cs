using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Transport;

/// <summary>Represents the settings of TCP connections; ignored for Unix-domain sockets. The receiver copies and validates them, except in <see cref="TransportConnectOptions"/>.</summary>
public sealed class TcpOptions
{
    private const int MaxBuffer = 1 << 30;

    // tcp(7) and the kernel's MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT.
    private const int MaxProbes = 127;
    private static readonly TimeSpan MaxKeepAlive = TimeSpan.FromSeconds(short.MaxValue);
    private static readonly TimeSpan MaxUserTimeout = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>Gets the defaults, for code that sets no option and shares them with no other code.</summary>
    internal static TcpOptions Defaults { get; } = new();

    /// <summary>Gets or sets a value that indicates whether small segments are sent at once (TCP_NODELAY). Default: true.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>Gets or sets the silence after which the first keep-alive probe is sent (SO_KEEPALIVE), in whole seconds; <see cref="TimeSpan.Zero"/> turns probing off. Default: 30 s.</summary>
    public TimeSpan KeepAliveTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets the time between probes that are not answered, in whole seconds. Default: 10 s.</summary>
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets the number of probes without an answer that end the connection. Default: 3, so a dead peer is noticed after 60 s in all.</summary>
    public int KeepAliveRetryCount { get; set; } = 3;

    /// <summary>Gets or sets the largest number of bytes that one receive hands out, and so the window of one direction of a copy. Default: 64 KiB.</summary>
    public int WindowSize { get; set; } = 64 * 1024;

    /// <summary>
    /// Gets or sets the time after which a connection ends if sent bytes were not acknowledged (TCP_USER_TIMEOUT); <see cref="TimeSpan.Zero"/>, the default, leaves that to the system.
    /// Off by default, as it also ends connections to peers that are alive and read slowly (RFC 5482). Linux only.
    /// </summary>
    public TimeSpan UserTimeout { get; set; }

    /// <summary>Gets or sets SO_SNDBUF, in bytes; null, the default, leaves the size to the system, which adapts it.</summary>
    public int? SendBufferSize { get; set; }

    /// <summary>Gets or sets SO_RCVBUF, in bytes; null, the default, leaves the size to the system, which adapts it.</summary>
    public int? ReceiveBufferSize { get; set; }

    internal TcpOptions Copy() => (TcpOptions)MemberwiseClone();

    internal bool HasWindow => WindowSize is > 0 and <= MaxBuffer;

    /// <summary>Returns true if connections are probed in the same way.</summary>
    internal bool HasKeepAliveOf(TcpOptions other) => ReferenceEquals(this, other)
        || (KeepAliveTime == other.KeepAliveTime && KeepAliveInterval == other.KeepAliveInterval && KeepAliveRetryCount == other.KeepAliveRetryCount);

    /// <summary>Returns true if all settings are the same.</summary>
    internal bool IsSame(TcpOptions other) => HasKeepAliveOf(other)
        && (NoDelay, WindowSize, UserTimeout, SendBufferSize, ReceiveBufferSize) == (other.NoDelay, other.WindowSize, other.UserTimeout, other.SendBufferSize, other.ReceiveBufferSize);

    // Rejects what no kernel would accept, as a setting that a kernel refuses is silently not in force.
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
