namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>Sets and reads options of sockets (socket(7), tcp(7)).</summary>
internal static unsafe class SocketOptions
{
    private const int SolIP = 0;
    private const int SolSocket = 1;
    private const int SolTcp = 6;
    private const int IPv6Level = 41;
    private const int IPv6Only = 26;
    private const int SoReuseAddress = 2;
    private const int SoError = 4;
    private const int SoSendBuffer = 7;
    private const int SoReceiveBuffer = 8;
    private const int SoKeepAlive = 9;
    private const int SoLinger = 13;
    private const int SoAcceptsConnections = 30;
    private const int SoDomain = 39;
    private const int TcpNoDelay = 1;
    private const int TcpKeepIdle = 4;
    private const int TcpKeepInterval = 5;
    private const int TcpKeepCount = 6;
    private const int TcpInfo = 11;
    private const int TcpInfoBytesReceived = 128;
    private const int TcpQuickAck = 12;
    private const int TcpUserTimeout = 18;
    private const int IPBindAddressNoPort = 24;
    private const nuint SiocOutQ = 0x5411;

    /// <summary>Sets the options of a listener; the connections that it accepts inherit them.</summary>
    public static void Apply(int descriptor, TcpOptions options)
    {
        ApplyAtOnce(descriptor, options);
        ApplyKeepAlive(descriptor, options);
    }

    /// <summary>Changes the options of a listener. Buffer sizes cannot be unset.</summary>
    public static void Change(int descriptor, TcpOptions options)
    {
        // An option that is to be on is never off for a moment, in which a client might come.
        Apply(descriptor, options);
        if (!options.NoDelay)
        {
            Set(descriptor, SolTcp, TcpNoDelay, 0);
        }

        if (options.UserTimeout == TimeSpan.Zero)
        {
            Set(descriptor, SolTcp, TcpUserTimeout, 0);
        }

        if (options.KeepAliveTime == TimeSpan.Zero)
        {
            Set(descriptor, SolSocket, SoKeepAlive, 0);
        }
    }

    /// <summary>Sets the options of a connection that matter from its first byte on.</summary>
    public static void ApplyAtOnce(int descriptor, TcpOptions options)
    {
        if (options.NoDelay)
        {
            Set(descriptor, SolTcp, TcpNoDelay, 1);
        }

        if (options.UserTimeout > TimeSpan.Zero)
        {
            Set(descriptor, SolTcp, TcpUserTimeout, (int)Math.Min(int.MaxValue, Math.Ceiling(options.UserTimeout.TotalMilliseconds)));
        }

        if (options.SendBufferSize is { } send)
        {
            Set(descriptor, SolSocket, SoSendBuffer, send);
        }

        if (options.ReceiveBufferSize is { } receive)
        {
            Set(descriptor, SolSocket, SoReceiveBuffer, receive);
        }
    }

    /// <summary>Turns probing on, in four system calls.</summary>
    public static void ApplyKeepAlive(int descriptor, TcpOptions options)
    {
        if (options.KeepAliveTime > TimeSpan.Zero)
        {
            Set(descriptor, SolTcp, TcpKeepIdle, Seconds(options.KeepAliveTime));
            Set(descriptor, SolTcp, TcpKeepInterval, Seconds(options.KeepAliveInterval));
            Set(descriptor, SolTcp, TcpKeepCount, options.KeepAliveRetryCount);
            Set(descriptor, SolSocket, SoKeepAlive, 1);
        }
    }

    /// <summary>
    /// Delays the ACK that ends the handshake until the first bytes that we send, which saves a packet; to be set before connecting, and only if
    /// bytes are waiting to be sent: with a server that sends first, the ACK would be late. (HAProxy's option tcp-smart-connect does the same.)
    /// </summary>
    public static void DelayAcknowledgement(int descriptor) => Set(descriptor, SolTcp, TcpQuickAck, 0);

    /// <summary>
    /// Lets bind take an address and no port: connect chooses one then, and need only find one that is free for its target (ip(7)). For both families.
    /// </summary>
    public static void ChoosePortAtConnect(int descriptor) => Set(descriptor, SolIP, IPBindAddressNoPort, 1);

    /// <summary>Lets a restart bind while old connections are in TIME_WAIT. Not SO_REUSEPORT: two processes would share the port unnoticed.</summary>
    public static void ReuseAddress(int descriptor) => Set(descriptor, SolSocket, SoReuseAddress, 1);

    /// <summary>Sets whether an IPv6 listener takes no IPv4 clients, whatever the value of net.ipv6.bindv6only (ipv6(7)).</summary>
    public static void OnlyIPv6(int descriptor, bool only) => Set(descriptor, IPv6Level, IPv6Only, only ? 1 : 0);

    /// <summary>Makes a listener ignore new clients from now on; false if the kernel or a sandbox does not allow that.</summary>
    public static bool IgnoreNewClients(int descriptor)
    {
        var filter = stackalloc byte[SynFilter.Length];
        SynFilter.Write(new Span<byte>(filter, SynFilter.Length));
        return SynFilter.IsSupported && LinuxCalls.SetOption(descriptor, SynFilter.Level, SynFilter.Option, (int*)filter, SynFilter.Length) == 0;
    }

    /// <summary>Makes closing reset the connection from now on, and discard the bytes that are not sent.</summary>
    public static void ResetOnClose(int descriptor)
    {
        var linger = stackalloc int[] { 1, 0 };
        _ = LinuxCalls.SetOption(descriptor, SolSocket, SoLinger, linger, 8);
    }

    /// <summary>Takes the error that waits for the next operation away from it.</summary>
    public static int TakeError(int descriptor) => Get(descriptor, SoError);

    public static bool IsListening(int descriptor) => Get(descriptor, SoAcceptsConnections) == 1;

    public static int FamilyOf(int descriptor) => Get(descriptor, SoDomain);

    /// <summary>Gets the number of bytes that were sent and are not acknowledged yet, a FIN counted as one (SIOCOUTQ); 0 if the socket does not support it.</summary>
    public static int Unacknowledged(int descriptor)
    {
        var value = 0;
        return LinuxCalls.IoControl(descriptor, SiocOutQ, &value) == 0 ? value : 0;
    }

    /// <summary>Gets the number of bytes that a TCP connection has received since it was established, a FIN counted as one (tcpi_bytes_received of linux/tcp.h); 0 if it is not available.</summary>
    public static long CountReceived(int descriptor)
    {
        const int Length = TcpInfoBytesReceived + sizeof(long);
        var info = stackalloc byte[Length];
        var length = Length;
        return LinuxCalls.GetOption(descriptor, SolTcp, TcpInfo, (int*)info, ref length) == 0 && length == Length ? *(long*)(info + TcpInfoBytesReceived) : 0;
    }

    private static int Get(int descriptor, int level, int option)
    {
        var (value, length) = (0, 4);
        return LinuxCalls.GetOption(descriptor, level, option, &value, ref length) == 0 ? value : 0;
    }

    private static int Get(int descriptor, int option) => Get(descriptor, SolSocket, option);

    // An option that could not be set is not worth the connection; the kernel refuses none of these on TCP.
    private static void Set(int descriptor, int level, int option, int value) => _ = LinuxCalls.SetOption(descriptor, level, option, &value, 4);

    private static int Seconds(TimeSpan span) => Math.Max(1, (int)Math.Min(short.MaxValue, span.TotalSeconds));
}
