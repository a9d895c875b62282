using System.Net.Sockets;

namespace Linkerd.Tcp.Transport.Sockets;

/// <summary>Queries the state of a socket's peer without reading.</summary>
internal static class SocketPeer
{
    /// <summary>
    /// Returns true if the peer's FIN or RST has arrived. Off Linux the kernel reports no more than the next receive would: a FIN behind unread bytes is not
    /// seen before they are read.
    /// </summary>
    /// <param name="socket">A connected stream socket.</param>
    /// <param name="error">The error that the look returned, which the next receive may not return any more; off Linux only.</param>
    public static bool HasFinished(Socket socket, out SocketError error)
    {
        error = SocketError.Success;
        var taken = false;
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                return Peek(socket, out error);
            }

            socket.SafeHandle.DangerousAddRef(ref taken);
            return LinuxPoll.HasPeerFinished((int)socket.SafeHandle.DangerousGetHandle());
        }
        catch (Exception failure) when (failure is ObjectDisposedException or SocketException)
        {
            return false;
        }
        finally
        {
            if (taken)
            {
                socket.SafeHandle.DangerousRelease();
            }
        }
    }

    /// <summary>Returns true if an operation would not have to wait. Takes nothing away.</summary>
    public static bool Has(Socket socket, SelectMode what)
    {
        try
        {
            return socket.Poll(0, what);
        }
        catch (Exception failure) when (failure is ObjectDisposedException or SocketException)
        {
            return false;
        }
    }

    // One call and not two: between a poll and a query of the available bytes, a receive elsewhere may take them, and that would look like a FIN.
    internal static bool Peek(Socket socket, out SocketError error)
    {
        Span<byte> one = stackalloc byte[1];
        if (!socket.Blocking || socket.Poll(0, SelectMode.SelectRead))
        {
            var count = socket.Receive(one, SocketFlags.Peek, out error);
            if (error == SocketError.WouldBlock)
            {
                error = SocketError.Success;
                return false;
            }

            return count == 0;
        }

        error = SocketError.Success;
        return false;
    }
}
