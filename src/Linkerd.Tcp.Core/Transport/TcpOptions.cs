namespace Linkerd.Tcp;

/// <summary>Settings of TCP connections; ignored for Unix-domain sockets.</summary>
public sealed record TcpOptions
{
    /// <summary>All defaults.</summary>
    public static TcpOptions Default { get; } = new();

    /// <summary>TCP_NODELAY: send small segments at once. Default: true.</summary>
    public bool NoDelay { get; init; } = true;

    /// <summary>SO_KEEPALIVE: the silence after which the first probe is sent, in whole seconds; <see cref="TimeSpan.Zero"/> turns probing off. Default: 30 s.</summary>
    public TimeSpan KeepAliveTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The time between probes that are not answered, in whole seconds. Default: 10 s.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many probes without an answer end the connection. Default: 3, so a dead peer is noticed after 60 s in all.</summary>
    public int KeepAliveRetryCount { get; init; } = 3;

    /// <summary>The most that one receive hands out, in bytes, and so the window of one direction of a copy. Default: 64 KiB.</summary>
    public int WindowSize { get; init; } = 64 * 1024;

    /// <summary>
    /// TCP_USER_TIMEOUT: ends a connection whose sent bytes were not acknowledged for so long; <see cref="TimeSpan.Zero"/> leaves that to the system.
    /// Off by default, as it also ends connections to peers that are alive and read slowly (RFC 5482). Linux only.
    /// </summary>
    public TimeSpan UserTimeout { get; init; }

    /// <summary>SO_SNDBUF, in bytes; null, the default, leaves the size to the system, which adapts it.</summary>
    public int? SendBufferSize { get; init; }

    /// <summary>SO_RCVBUF, in bytes; null, the default, leaves the size to the system, which adapts it.</summary>
    public int? ReceiveBufferSize { get; init; }
}
