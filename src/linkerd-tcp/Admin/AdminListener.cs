using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Transport;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>Binds the socket of the admin server.</summary>
internal static class AdminListener
{
    // Of the kernel, for each client: it would grow to 4 MB for one that does not read. Accepted sockets have that of the listener (tcp(7)).
    private const int SendBufferBytes = 128 * 1024;

    /// <summary>Gets the address of a configuration.</summary>
    public static EndPoint EndPointOf(AdminConfiguration options) => options.Socket is { } path ? new UnixDomainSocketEndPoint(path) : new IPEndPoint(options.Ip, options.Port);

    /// <summary>Binds, without listening.</summary>
    /// <exception cref="TransportException">The address cannot be used; the message contains it.</exception>
    public static Socket Bind(EndPoint endPoint)
    {
        try
        {
            var socket = endPoint is UnixDomainSocketEndPoint path ? BindPath(path) : SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
            socket.SendBufferSize = SendBufferBytes;
            return socket;
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            throw new TransportException($"the admin server cannot listen on {endPoint}: {error.Message}", error);
        }
    }

    private static Socket BindPath(UnixDomainSocketEndPoint endPoint)
    {
        var path = endPoint.ToString();
        RemoveStale(endPoint, path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(endPoint);

            // Nobody can connect before it listens, so that there is no moment with another mode.
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // The file of a process that was killed: connections are refused. Any other file stays.
    private static void RemoveStale(UnixDomainSocketEndPoint endPoint, string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException)
        {
            throw new IOException("there is a file that is no socket of this user");
        }

        throw new IOException("another process listens on it");
    }

    // Connections to other files are refused as well. A socket cannot be opened (ENXIO, open(2)).
    private static bool IsSocket(string path)
    {
        try
        {
            File.OpenHandle(path).Dispose();
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
