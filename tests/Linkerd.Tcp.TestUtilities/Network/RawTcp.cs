using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// Blocking calls of the C library on IPv4 sockets of loopback, for tests that measure: they cost next to no processor time and allocate nothing. Linux.
/// </summary>
public static unsafe partial class RawTcp
{
    private const int Inet = 2;
    private const int Stream = 1;
    private const int CloseOnExec = 0x80000;
    private const int NoSignal = 0x4000;
    private const int SocketLevel = 1;
    private const int ReuseAddress = 2;
    private const int BothDirections = 2;
    private const int AddressLength = 16;

    /// <summary>Connects, sends a request of a byte, reads the answer until the FIN, and closes.</summary>
    /// <exception cref="Win32Exception">A call failed.</exception>
    public static void Ask(int port)
    {
        var socket = Check(Socket(Inet, Stream | CloseOnExec, 0));
        try
        {
            var address = stackalloc byte[AddressLength];
            WriteLoopback(address, port);
            _ = Check(Connect(socket, address, AddressLength));
            byte data = 1;
            _ = Check((int)Send(socket, &data, 1, NoSignal));
            while (Check((int)Receive(socket, &data, 1, 0)) > 0)
            {
            }
        }
        finally
        {
            _ = Close(socket);
        }
    }

    /// <summary>Listens on a free port.</summary>
    internal static (int Socket, int Port) Listen()
    {
        var socket = Check(Socket(Inet, Stream | CloseOnExec, 0));
        var yes = 1;
        _ = Check(SetOption(socket, SocketLevel, ReuseAddress, &yes, sizeof(int)));
        var address = stackalloc byte[AddressLength];
        WriteLoopback(address, 0);
        _ = Check(Bind(socket, address, AddressLength));
        _ = Check(Listen(socket, 4096));
        var length = AddressLength;
        _ = Check(GetName(socket, address, &length));
        return (socket, (address[2] << 8) | address[3]);
    }

    /// <summary>Accepts one connection, answers its first byte, and closes it.</summary>
    /// <returns>Whether there was one; false: the listener has ended.</returns>
    internal static bool AnswerNext(int listener)
    {
        var socket = Accept(listener, null, null);
        if (socket < 0)
        {
            return false;
        }

        byte data;
        if (Receive(socket, &data, 1, 0) == 1)
        {
            _ = Send(socket, &data, 1, NoSignal);
        }

        _ = Close(socket);
        return true;
    }

    /// <summary>Ends an accept that waits.</summary>
    internal static void Stop(int listener) => _ = Shutdown(listener, BothDirections);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int socket);

    private static void WriteLoopback(byte* address, int port)
    {
        new Span<byte>(address, AddressLength).Clear();
        *(ushort*)address = Inet;
        (address[2], address[3]) = ((byte)(port >> 8), (byte)port);
        (address[4], address[7]) = (127, 1);
    }

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(int socket, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int socket, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int Listen(int socket, int backlog);

    [LibraryImport("libc", EntryPoint = "accept", SetLastError = true)]
    private static partial int Accept(int socket, byte* address, int* length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    private static partial int GetName(int socket, byte* address, int* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int socket, int level, int option, int* value, int length);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    private static partial int Shutdown(int socket, int how);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int socket, byte* data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(int socket, byte* data, nint length, int flags);
}
