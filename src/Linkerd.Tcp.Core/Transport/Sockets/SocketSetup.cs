using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Transport.Sockets;

/// <summary>Creates sockets and sets their options.</summary>
internal static class SocketSetup
{
    private const int IPLevel = 0;
    private const int IPBindAddressNoPort = 24;
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;

    public static Socket Create(EndPoint endPoint) => endPoint switch
    {
        IPEndPoint ip => new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp),
        UnixDomainSocketEndPoint => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
        _ => throw new ArgumentException(EndPointKinds.Explain(endPoint), nameof(endPoint)),
    };

    /// <summary>Binds the socket to a source address; on Linux its port is chosen only when it connects (ip(7)).</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public static void BindSource(Socket socket, IPAddress source)
    {
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(IPLevel, IPBindAddressNoPort, BitConverter.GetBytes(1));
        }

        socket.Bind(new IPEndPoint(source, 0));
    }

    /// <summary>Sets the options of a connection; on Linux, those of a listener are inherited by the connections that it accepts.</summary>
    public static void Apply(Socket socket, TcpOptions options)
    {
        if (socket.AddressFamily == AddressFamily.Unix)
        {
            return;
        }

        if (options.NoDelay)
        {
            socket.NoDelay = true;
        }

        if (options.KeepAliveTime > TimeSpan.Zero)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Seconds(options.KeepAliveTime));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Seconds(options.KeepAliveInterval));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, options.KeepAliveRetryCount);
        }

        if (options.UserTimeout > TimeSpan.Zero && OperatingSystem.IsLinux())
        {
            var milliseconds = (int)Math.Min(int.MaxValue, Math.Ceiling(options.UserTimeout.TotalMilliseconds));
            socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, BitConverter.GetBytes(milliseconds));
        }

        if (options.SendBufferSize is { } send)
        {
            socket.SendBufferSize = send;
        }

        if (options.ReceiveBufferSize is { } receive)
        {
            socket.ReceiveBufferSize = receive;
        }
    }

    /// <summary>Changes the options of a listener. Buffer sizes cannot be unset.</summary>
    public static void Change(Socket socket, TcpOptions options)
    {
        if (socket.AddressFamily == AddressFamily.Unix)
        {
            return;
        }

        // An option that is to be on is never off for a moment, in which a client might come.
        Apply(socket, options);
        socket.NoDelay = options.NoDelay;
        if (options.KeepAliveTime == TimeSpan.Zero)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, false);
        }

        if (options.UserTimeout == TimeSpan.Zero && OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, BitConverter.GetBytes(0));
        }
    }

    private static int Seconds(TimeSpan span) => Math.Max(1, (int)Math.Min(short.MaxValue, span.TotalSeconds));
}
