using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Transport.Sockets;

/// <summary>Properties of a TCP socket that are available on Linux only.</summary>
internal static partial class LinuxSocket
{
    private const int SolTcp = 6;
    private const int TcpInfo = 11;
    private const int BytesReceivedOffset = 128;
    private const byte TcpClose = 7;
    private const nuint SiocOutQ = 0x5411;

    /// <summary>
    /// Returns true if the connection is dead at the kernel's level: reset, or given up. Reads the state only, so an error that waits for the
    /// next operation stays there. A connection that both sides have closed in order also ends in this state.
    /// </summary>
    public static bool IsDead(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.AddressFamily == AddressFamily.Unix)
        {
            return false;
        }

        // The first byte of struct tcp_info (linux/tcp.h) is tcpi_state.
        Span<byte> info = stackalloc byte[8];
        return socket.GetRawSocketOption(SolTcp, TcpInfo, info) > 0 && info[0] == TcpClose;
    }

    /// <summary>Gets the number of bytes that a TCP connection has received since it was established, a FIN counted as one (tcpi_bytes_received of linux/tcp.h); 0 if it is not available.</summary>
    public static long CountReceived(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.AddressFamily == AddressFamily.Unix)
        {
            return 0;
        }

        Span<byte> info = stackalloc byte[BytesReceivedOffset + sizeof(long)];
        return socket.GetRawSocketOption(SolTcp, TcpInfo, info) == info.Length ? BitConverter.ToInt64(info[BytesReceivedOffset..]) : 0;
    }

    /// <summary>Makes a listener ignore new clients from now on; false if that is not supported.</summary>
    public static bool IgnoreNewClients(Socket socket)
    {
        if (!SynFilter.IsSupported)
        {
            return false;
        }

        try
        {
            if (socket.AddressFamily == AddressFamily.Unix)
            {
                // It refuses new clients from then on, and keeps those that it has (unix_stream_connect in Linux's af_unix.c).
                socket.Shutdown(SocketShutdown.Receive);
                return true;
            }

            Span<byte> filter = stackalloc byte[SynFilter.Length];
            SynFilter.Write(filter);
            socket.SetRawSocketOption(SynFilter.Level, SynFilter.Option, filter);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Takes the error that waits for the next operation away from it (SO_ERROR, socket(7)).</summary>
    public static SocketError TakeError(Socket socket)
    {
        try
        {
            return (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.Success;
        }
    }

    /// <summary>Gets the number of bytes that were sent and are not acknowledged yet, a FIN counted as one (SIOCOUTQ, tcp(7)); -1 if it is not available.</summary>
    public static int Unacknowledged(Socket socket)
    {
        if (!OperatingSystem.IsLinux() || socket.AddressFamily == AddressFamily.Unix)
        {
            return -1;
        }

        var value = 0;
        return Ioctl(socket.SafeHandle, SiocOutQ, ref value) == 0 ? value : -1;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeSocketHandle descriptor, nuint request, ref int value);
}
