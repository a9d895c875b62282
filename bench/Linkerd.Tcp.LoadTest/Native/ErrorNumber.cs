using System.Globalization;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.LoadTest.Native;

/// <summary>The errors that the loop tells apart or that are worth their name in a report.</summary>
internal static class ErrorNumber
{
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int ProtocolError = 71;
    public const int ConnectionRefused = 111;
    public const int ConnectInProgress = 115;

    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>The symbolic name, as manuals and search engines know it.</summary>
    public static string NameOf(int number) => number switch
    {
        TryAgain => "EAGAIN",
        24 => "EMFILE",
        32 => "EPIPE",
        ProtocolError => "EPROTO",
        98 => "EADDRINUSE",
        99 => "EADDRNOTAVAIL",
        103 => "ECONNABORTED",
        104 => "ECONNRESET",
        105 => "ENOBUFS",
        110 => "ETIMEDOUT",
        ConnectionRefused => "ECONNREFUSED",
        _ => string.Create(CultureInfo.InvariantCulture, $"errno {number}"),
    };

    /// <summary>Fails the program where a call that must work did not.</summary>
    public static int Check(int result, string call) =>
        result >= 0 ? result : throw new IOException($"{call}: {NameOf(Last)} ({Marshal.GetLastPInvokeErrorMessage()})");
}
