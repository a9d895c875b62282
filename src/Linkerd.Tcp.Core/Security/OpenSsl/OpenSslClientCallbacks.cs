using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>The callbacks of OpenSSL that a client's side has. Nothing may be thrown into C: they return a failure.</summary>
internal static unsafe class OpenSslClientCallbacks
{
    /// <summary>Gets the callback that takes a new session.</summary>
    public static delegate* unmanaged<nint, nint, int> AddTicket => &OnNewSession;

    // 1: the reference is ours.
    [UnmanagedCallersOnly]
    private static int OnNewSession(nint ssl, nint session)
    {
        try
        {
            if (OpenSslSession.Current is not { Side: OpenSslClientSide side })
            {
                return 0;
            }

            side.AddTicket(session);
            return 1;
        }
        catch (Exception)
        {
            return 0;
        }
    }
}
