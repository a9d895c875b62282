using System.Runtime.InteropServices;

namespace Linkerd.Tcp.LoadTest.Native;

/// <summary>Non-blocking TCP sockets with the options that every connection of the load has.</summary>
internal static unsafe class NativeSocket
{
    private const int Backlog = 4096;

    /// <summary>A listening socket; what it accepts inherits TCP_NODELAY.</summary>
    public static int Listen(InternetAddress address)
    {
        var descriptor = ErrorNumber.Check(Open(), "socket");
        Set(descriptor, Constants.SocketLevel, Constants.ReuseAddress);
        Set(descriptor, Constants.TcpLevel, Constants.NoDelay);
        ErrorNumber.Check(Libc.Bind(descriptor, &address, sizeof(InternetAddress)), "bind");
        ErrorNumber.Check(Libc.Listen(descriptor, Backlog), "listen");
        return descriptor;
    }

    /// <summary>
    /// A socket on its way to <paramref name="target"/>, or -1. The source address is bound without a port, so that the kernel picks one
    /// when it knows the target: each source address has all ephemeral ports towards each target.
    /// </summary>
    public static int Connect(InternetAddress source, InternetAddress target)
    {
        var descriptor = Open();
        if (descriptor < 0)
        {
            return -1;
        }

        Set(descriptor, Constants.IpLevel, Constants.BindAddressNoPort);
        Set(descriptor, Constants.TcpLevel, Constants.NoDelay);
        if (Libc.Bind(descriptor, &source, sizeof(InternetAddress)) == 0
            && (Libc.Connect(descriptor, &target, sizeof(InternetAddress)) == 0 || ErrorNumber.Last == ErrorNumber.ConnectInProgress))
        {
            return descriptor;
        }

        var error = ErrorNumber.Last;
        _ = Libc.Close(descriptor);
        Marshal.SetLastPInvokeError(error);
        return -1;
    }

    private static int Open() =>
        Libc.Socket(Constants.InternetFamily, Constants.StreamType | Constants.NonBlocking | Constants.CloseOnExec, 0);

    private static void Set(int descriptor, int level, int name)
    {
        var on = 1;
        ErrorNumber.Check(Libc.SetSocketOption(descriptor, level, name, &on, sizeof(int)), "setsockopt");
    }
}
