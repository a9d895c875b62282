using System.Net.Sockets;

namespace Linkerd.Tcp.Transport.Sockets;

/// <summary>The meaning of the operating system's errors here.</summary>
internal static class SocketErrors
{
    public static ConnectFailure ToConnectFailure(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => ConnectFailure.Refused,
        SocketError.TimedOut => ConnectFailure.TimedOut,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown => ConnectFailure.Unreachable,
        SocketError.ConnectionReset or SocketError.ConnectionAborted => ConnectFailure.Reset,
        SocketError.TooManyOpenSockets or SocketError.AddressNotAvailable or SocketError.AddressAlreadyInUse or SocketError.NoBufferSpaceAvailable
            => ConnectFailure.LocalResources,
        // A Unix-domain socket whose file is not there.
        SocketError.AddressFamilyNotSupported => ConnectFailure.Unreachable,
        _ => ConnectFailure.Other,
    };

    /// <summary>For an operation on an established connection that we have not aborted ourselves.</summary>
    public static TransportStatus ToStatus(SocketError error) => error switch
    {
        SocketError.Success => TransportStatus.Ok,
        SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown
            => TransportStatus.TimedOut,
        SocketError.OperationAborted or SocketError.Interrupted or SocketError.NotSocket => TransportStatus.Aborted,
        // Every other error of an established connection means that the peer's end of it is gone.
        _ => TransportStatus.Reset,
    };

    /// <summary>Returns true if accepting failed for want of something that comes back, or at least not because of the connection itself.</summary>
    public static bool IsOfThePeer(SocketError error) => error is SocketError.ConnectionAborted or SocketError.ConnectionReset;

    /// <summary>Gets a message for the error.</summary>
    public static string ToMessage(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "the address is in use by another process",
        SocketError.AccessDenied => "permission denied",
        SocketError.AddressNotAvailable => "the address is not one of this machine's",
        SocketError.AddressFamilyNotSupported => "this machine does not support the address family",
        SocketError.TooManyOpenSockets => "too many open files (see ulimit -n)",
        _ => error.Message,
    };
}
