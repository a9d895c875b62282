using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>Linux's error numbers (errno(3)), the same on x64 and arm64, and their meaning here.</summary>
internal static class Errno
{
    public const int Interrupted = 4;
    public const int Again = 11;
    public const int OutOfMemory = 12;
    public const int AccessDenied = 13;
    public const int InvalidArgument = 22;
    public const int TooManyFilesInSystem = 23;
    public const int TooManyFiles = 24;
    public const int BrokenPipe = 32;
    public const int ProtocolError = 71;
    public const int AddressInUse = 98;
    public const int AddressNotAvailable = 99;
    public const int NetworkDown = 100;
    public const int NetworkUnreachable = 101;
    public const int ConnectionAborted = 103;
    public const int ConnectionReset = 104;
    public const int NoBufferSpace = 105;
    public const int TimedOut = 110;
    public const int ConnectionRefused = 111;
    public const int HostDown = 112;
    public const int HostUnreachable = 113;
    public const int InProgress = 115;

    private const int NoEntry = 2;
    private const int NotSupported = 97;
    private const int NotPermitted = 1;

    /// <summary>The error of the system call before; to be read at once.</summary>
    public static int Last => Marshal.GetLastPInvokeError();

    public static string Message(int error) => error switch
    {
        AddressInUse => "the address is in use by another process",
        AccessDenied or NotPermitted => "permission denied",
        AddressNotAvailable => "the address is not one of this machine's",
        NotSupported => "this machine does not support the address family",
        TooManyFiles or TooManyFilesInSystem => "too many open files (see ulimit -n)",
        _ => Marshal.GetPInvokeErrorMessage(error),
    };

    /// <summary>Returns true if it is a permission that is missing, whose meaning depends on the system call.</summary>
    public static bool IsForbidden(int error) => error is AccessDenied or NotPermitted;

    public static ConnectFailure ToConnectFailure(int error) => error switch
    {
        ConnectionRefused => ConnectFailure.Refused,
        TimedOut => ConnectFailure.TimedOut,
        HostUnreachable or NetworkUnreachable or HostDown or NetworkDown or NoEntry => ConnectFailure.Unreachable,
        ConnectionReset or ConnectionAborted => ConnectFailure.Reset,
        TooManyFiles or TooManyFilesInSystem or AddressNotAvailable or AddressInUse or NoBufferSpace or OutOfMemory => ConnectFailure.LocalResources,
        _ => ConnectFailure.Other,
    };

    /// <summary>For an operation on an established connection that we have not ended ourselves.</summary>
    public static TransportStatus ToStatus(int error) => error switch
    {
        TimedOut or HostUnreachable or NetworkUnreachable or HostDown or NetworkDown => TransportStatus.TimedOut,
        _ => TransportStatus.Reset,
    };

    /// <summary>Returns true if accepting failed because of one connection, which is gone (accept(2), "Error handling"), and the next one may be fine.</summary>
    public static bool IsOfThePeer(int error) => error is ConnectionAborted or ConnectionReset or ProtocolError or NetworkDown or NetworkUnreachable or HostDown or HostUnreachable or NotPermitted;
}
